"""Remember what next hops mean: the same few come again and again."""

from __future__ import annotations

from typing import Final

from pymail.client.nexthop import NexthopError, TcpDestination, UnixDestination, parse_nexthop, split_nexthops
from pymail.client.peer import Peer
from pymail.client.route import Route, Router
from pymail.daemons.smtp.settings import SMTP_PORT, Settings

CAPACITY: Final = 2000  # next hops; then all are forgotten


class Destinations:
    """Reads next hops, each once, and asks the router about those that need a lookup."""

    __slots__ = ("_known", "_router", "_settings")

    def __init__(self, settings: Settings, router: Router) -> None:
        self._settings = settings
        self._router = router
        self._known: dict[str, Route | tuple[TcpDestination, int]] = {}

    def host_of(self, nexthop: str) -> str:
        """Return the host of the first next hop as lists name it: without brackets and port, in lower case."""
        try:
            destination = parse_nexthop(split_nexthops(nexthop)[0], lmtp=self._settings.lmtp)
        except (NexthopError, IndexError):
            return ""
        return destination.path if isinstance(destination, UnixDestination) else destination.host.lower()

    async def route(self, nexthop: str) -> Route:
        """Return the servers of *nexthop*; raises NexthopError, RouteError."""
        known = self._known.get(nexthop)
        if known is None:
            known = await self._read(nexthop)
            if len(self._known) >= CAPACITY:
                self._known.clear()
            self._known[nexthop] = known
        if isinstance(known, Route):
            return known
        destination, port = known
        return await self._router.route(destination, port, detect_loop=port == SMTP_PORT)

    async def _read(self, nexthop: str) -> Route | tuple[TcpDestination, int]:
        """Return the destination, or at once its only server when nothing has to be looked up."""
        settings = self._settings
        destination = parse_nexthop(nexthop, lmtp=settings.lmtp)
        if isinstance(destination, UnixDestination):
            return Route([Peer(settings.params.myhostname, destination.path, 0)])
        port = settings.port(destination.port)
        if destination.is_address:
            return await self._router.route(destination, port, detect_loop=False)
        return destination, port
