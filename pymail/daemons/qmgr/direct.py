"""Outcomes that the queue manager reports itself, without a delivery agent."""

from __future__ import annotations

import os

from pymail.daemons.qmgr.message import ACTIVE, Message
from pymail.daemons.qmgr.request import delivery_request
from pymail.delivery.outcome import Outcome, deferred, sent
from pymail.delivery.report import AsyncReporter
from pymail.ipc.delivery import MsgStats
from pymail.mail.dsn import Dsn
from pymail.mail.envelope import Recipient
from pymail.queue.directories import QueueLayout

_DISCARDED = Dsn("2.0.0", "undeliverable postmaster notification discarded")


class DirectReports:
    """Writes the log line and the records of the bounce services (qmgr.Reports)."""

    __slots__ = ("_layout", "_reporter")

    def __init__(self, reporter: AsyncReporter, layout: QueueLayout) -> None:
        self._reporter = reporter
        self._layout = layout

    async def discarded(self, message: Message, recipient: Recipient) -> bool:
        """Log and mark a double bounce that nobody wants; False when it must be tried again."""
        try:
            fd = os.open(self._layout.path(ACTIVE, message.queue_id), os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            return not await self._report(message, recipient, sent(_DISCARDED, "none", _stats(message)), fd)
        finally:
            os.close(fd)

    async def deferred(self, message: Message, recipient: Recipient, reason: Dsn) -> None:
        """Log that *recipient* must wait."""
        await self._report(message, recipient, deferred(reason, "none", _stats(message)), None)

    async def _report(self, message: Message, recipient: Recipient, outcome: Outcome, fd: int | None) -> bool:
        return await self._reporter.report(delivery_request(message, "", (recipient,)), recipient, outcome, fd)


def _stats(message: Message) -> MsgStats:
    return MsgStats(message.arrival_time, message.active_time)
