"""The conversation of a delivery agent on the event loop with the queue manager."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, Final, Protocol

from pymail.ipc import eager
from pymail.ipc.delivery import PROTOCOL, DeliveryRequest, FinalStatus, RequestReader
from pymail.log.logger import Log
from pymail.proto import attr
from pymail.server.session import Session

ANNOUNCEMENT: Final = attr.announcement(PROTOCOL)


class Deliver(Protocol):
    """What an agent does with a request."""

    def __call__(self, request: DeliveryRequest) -> Coroutine[Any, Any, FinalStatus]:
        """Deliver, report each recipient, return the final status."""


class AgentSession(Session):
    """One connection of the queue manager: it may send one request, gets the final status, and hangs up."""

    __slots__ = ("_deliver", "_log", "_reader", "_task")

    def __init__(self, deliver: Deliver, log: Log) -> None:
        super().__init__()
        self._deliver = deliver
        self._log = log
        self._reader: RequestReader | None = RequestReader(time.time)
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say that we are free."""
        super().connection_made(transport)
        self.transport.write(ANNOUNCEMENT)

    def data_received(self, data: bytes) -> None:
        """Collect the request; start the delivery when it is whole."""
        if self._reader is None:
            return
        try:
            request = self._reader.receive(data)
        except attr.AttrError as error:
            self._log.warning("bad delivery request: %s", error)
            self.transport.close()
            return
        if request is not None:
            self._reader = None
            self._task = eager.start(self._deliver(request), self._finish)
            if self._task is not None:
                self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A delivery that failed by our own fault: hang up, so that the queue manager tries again."""
        if not task.cancelled() and task.exception() is not None:
            self._log.error("delivery failed: %r", task.exception())
            self.transport.abort()

    def _finish(self, status: FinalStatus) -> None:
        # First our lines: the queue manager's "removed" is the last line of a message.
        self._log.flush()
        if not self.transport.is_closing():
            self.transport.write(status.encode())
