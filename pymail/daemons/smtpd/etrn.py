"""The client of flush(8) for ETRN: asks for delivery of the mail that waits for a domain."""

from __future__ import annotations

from typing import Final

from pymail.ipc.channel import Channel
from pymail.ipc.errors import ServiceError
from pymail.proto import attr
from pymail.tables.base import TableError
from pymail.tables.match import DomainList

PROTOCOL: Final = "queue_flush_protocol"
FAILED: Final = -1
NOT_ELIGIBLE: Final = 4


class FlushClient:
    """Knows which domains are eligible (fast_flush_domains), and asks for those only."""

    __slots__ = ("_domains", "_path", "_timeout")

    def __init__(self, domains: DomainList, service: str, timeout: float) -> None:
        self._domains = domains
        self._path = f"public/{service}"
        self._timeout = timeout

    async def send_site(self, domain: str) -> int:
        """Return the status: 0 done, 4 not eligible, anything else: failed."""
        try:
            if not await self._domains.matches(domain):
                return NOT_ELIGIBLE
        except TableError:
            return FAILED
        try:
            channel = await Channel.open(self._path)
        except ServiceError:
            return FAILED
        try:
            attr.check_announcement(await channel.receive(self._timeout), PROTOCOL)
            channel.send(attr.encode("request", "send_site", "site", domain))
            return attr.to_int(attr.take(await channel.receive(self._timeout), "status")[0])
        except (ServiceError, attr.AttrError):
            return FAILED
        finally:
            channel.close()
