"""A transport: one kind of delivery agent with its destinations, its order of deliveries and its health."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pymail.daemons.qmgr.limits import TransportLimits
from pymail.daemons.qmgr.schedule import Schedule
from pymail.mail.dsn import Dsn

if TYPE_CHECKING:
    from pymail.daemons.qmgr.destination import Destination


#: The delivery agents that return or defer what they are given: the next hop is `X.Y.Z text`.
ERROR: Final = "error"
RETRY: Final = "retry"


class Transport:
    """What is known of the delivery agents behind private/NAME."""

    __slots__ = ("connecting", "delivering", "destinations", "limits", "name", "reason", "schedule", "timer")

    def __init__(self, name: str, limits: TransportLimits) -> None:
        self.name = name
        self.limits = limits
        self.schedule = Schedule()
        self.destinations: dict[str, Destination] = {}
        #: Connections that have no entry yet, and those that have.
        self.connecting = 0
        self.delivering = 0
        #: Why it is dead; None while it is alive.
        self.reason: Dsn | None = None
        self.timer: asyncio.TimerHandle | None = None

    def wants_connection(self, most: int) -> bool:
        """Tell whether another connection would find an entry; *most* connections wait for an agent at a time."""
        if self.reason is not None or self.connecting >= min(most, self.schedule.deliverable):
            return False
        # With a rate delay the transport is locked from the connection to the end of the delivery.
        return not self.limits.transport_rate_delay or not (self.connecting or self.delivering)


class TransportTable:
    """All transports, made when they are first named."""

    __slots__ = ("_load", "transports")

    def __init__(self, load: Callable[[str], TransportLimits]) -> None:
        self._load = load
        self.transports: dict[str, Transport] = {}

    def get(self, name: str) -> Transport:
        """Return the transport *name*."""
        transport = self.transports.get(name)
        if transport is None:
            transport = self.transports[name] = Transport(name, self._load(name))
        return transport
