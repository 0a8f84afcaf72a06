"""The text `transport:nexthop` of transport_maps and of the ..._transport parameters. transport(5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Delivery agents whose next hop is the text of the report.
FAULT_TRANSPORTS: Final = frozenset({"error", "retry"})


@dataclass(frozen=True, slots=True)
class Route:
    """A transport and a next hop; each is empty when it was left out."""

    transport: str
    nexthop: str


def parse_route(text: str) -> Route:
    """Split at the first colon; no colon: all is the transport."""
    transport, _, nexthop = text.partition(":")
    return Route(transport, nexthop)
