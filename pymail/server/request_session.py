"""A client of a persistent internal service: lists of attributes in, one answer each, in their order.

Used by daemons whose clients ask any number of questions on one connection (trivial-rewrite, proxymap). An answer that
does not have to wait costs no task.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from pymail.ipc import eager
from pymail.proto import attr
from pymail.server.session import Session

#: Returns the octets of the answer, or None to hang up (the reason is logged by then).
Answer = Callable[[list[bytes]], Awaitable[bytes | None]]


class RequestSession(Session):
    """One connection. *answer* is asked one request at a time; AttrError from it, or from the input, hangs up."""

    __slots__ = ("_announcement", "_answer", "_busy", "_reader", "_waited", "_warn")

    def __init__(self, announcement: bytes, answer: Answer, warn: Callable[[str], None]) -> None:
        super().__init__()
        self._announcement = announcement
        self._answer = answer
        self._warn = warn
        self._reader = attr.ListReader()
        self._busy = False
        #: The answer under way has not come in the turn of the loop in which it was asked.
        self._waited = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Announce the protocol."""
        super().connection_made(transport)
        self.transport.write(self._announcement)

    def data_received(self, data: bytes) -> None:
        """Take requests."""
        self._reader.feed(data)
        self._serve()

    def _serve(self) -> None:
        while not self._busy and not self.transport.is_closing():
            try:
                fields = self._reader.next_list()
            except attr.AttrError as error:
                self._hang_up(str(error))
                return
            if fields is None:
                return
            self._busy, self._waited = True, False
            eager.start(self._run(fields), self._done)
            self._waited = self._busy

    def _hang_up(self, reason: str) -> None:
        self._warn(reason)
        self.transport.close()

    async def _run(self, fields: list[bytes]) -> bytes | None:
        settled = False
        try:
            reply = await self._answer(fields)
            settled = True
        except attr.AttrError as error:
            settled = True
            self._warn(str(error))
            return None
        finally:
            if not settled:  # a fault of ours: let the client try again elsewhere
                self.transport.abort()
        return reply

    def _done(self, reply: bytes | None) -> None:
        self._busy = False
        if reply is None:
            self.transport.close()
        elif not self.transport.is_closing():
            self.transport.write(reply)
        if self._waited:
            self._serve()
