"""One accepted client of an event-driven daemon, and the daemon itself, as the skeleton sees them."""

from __future__ import annotations

import asyncio
from typing import Protocol

from pymail.server.invocation import Invocation


class Keeper(Protocol):
    """Who counts the sessions."""

    def session_ended(self) -> None:
        """A session has lost its connection."""


class Session(asyncio.Protocol):
    """One client. It counts against the share from accept to `connection_lost`.

    Subclasses call the methods here from their own `__init__`, `connection_made` and `connection_lost`.
    """

    __slots__ = ("keeper", "transport")
    transport: asyncio.Transport

    def __init__(self) -> None:
        self.keeper: Keeper | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = transport  # type: ignore[assignment]  # uvloop's transports satisfy it without being subclasses

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        keeper = self.keeper
        if keeper is not None:
            self.keeper = None
            keeper.session_ended()

    def handed_over(self, attributes: list[bytes]) -> None:
        """Receive the attributes that came with a connection of a `pass` service, before `connection_made`."""


class EventDaemon(Protocol):
    """What an event-driven daemon gives to `event_server.run`. Optional attributes, read if they are there:

    `max_use_counts = False`: no end after max_use clients. `stay_forever = True`: no end after max_use or max_idle.
    `minimum_idle` (seconds): max_idle is at least this. `watchdog_timeout` (seconds): instead of daemon_timeout.
    `required_process_limit = 1` or `0`. `def retire(self)`: called when the process stops to accept.
    `async def at_exit(self)`: called at the end, without clients.
    """

    def before_jail(self, invocation: Invocation) -> None:
        """As root, in queue_directory: open tables, read secrets, import what may be needed."""

    async def after_jail(self, invocation: Invocation) -> None:
        """In the running loop, without privileges, before the first client."""

    def session(self) -> Session:
        """Make the session of one accepted client."""
