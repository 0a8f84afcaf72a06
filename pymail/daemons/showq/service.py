"""Entry of showq(8)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Final

from pymail.daemons.showq.params import ShowqParams
from pymail.ipc import showq
from pymail.ipc.showq import ListedMessage
from pymail.proto import attr
from pymail.queue.directories import QueueLayout, parse_hash_names
from pymail.queue.listing import Lister
from pymail.server import event_server
from pymail.server.invocation import Invocation
from pymail.server.session import Session

#: How long the loop may be busy with one client, in seconds.
SLICE: Final = 0.005


class ShowqSession(Session):
    """One client: pieces of the listing, as fast as it reads, a slice of time each."""

    __slots__ = ("_clock", "_messages", "_paused", "_pending")

    def __init__(self, messages: Iterator[ListedMessage | None], clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._messages = messages
        self._clock = clock
        self._paused = False
        self._pending: asyncio.Handle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Announce the protocol and begin."""
        super().connection_made(transport)
        self.transport.write(attr.announcement(showq.PROTOCOL))
        self._continue_soon()

    def pause_writing(self) -> None:
        """The client does not read: stop."""
        self._paused = True

    def resume_writing(self) -> None:
        """The client has read."""
        self._paused = False
        self._continue_soon()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the rest."""
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None
        self._messages = iter(())
        super().connection_lost(exc)

    def _continue_soon(self) -> None:
        if self._pending is None:
            self._pending = asyncio.get_running_loop().call_soon(self._write_slice)

    def _write_slice(self) -> None:
        self._pending = None
        end = self._clock() + SLICE
        lists: list[bytes] = []
        for message in self._messages:
            if message is not None:
                lists.append(showq.encode_message(message))
            if self._clock() >= end:
                break
        else:
            self.transport.write(b"".join(lists) + showq.END)
            self.transport.close()
            return
        self.transport.write(b"".join(lists))
        if not self._paused and not self.transport.is_closing():
            self._continue_soon()


class ShowqDaemon:
    """The daemon, as the skeleton sees it."""

    def before_jail(self, invocation: Invocation) -> None:
        """Read the parameters."""
        params = ShowqParams(invocation.conf)
        log = invocation.log
        self._lister = Lister(
            QueueLayout(parse_hash_names(params.hash_queue_names), params.hash_queue_depth),
            lambda text: log.warning("%s", text),
            params.empty_address_recipient,
            params.duplicate_filter_limit,
        )

    async def after_jail(self, invocation: Invocation) -> None:
        """Nothing to prepare."""

    def session(self) -> Session:
        """Serve one client."""
        return ShowqSession(self._lister.messages())


def main(invocation: Invocation) -> None:
    """Live as showq(8)."""
    event_server.run(invocation, ShowqDaemon())
