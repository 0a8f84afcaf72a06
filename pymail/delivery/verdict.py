"""Agents that decide without looking at the message: one outcome for all recipients of a request."""

from __future__ import annotations

import os

from pymail.delivery.agent import open_queue_file
from pymail.delivery.outcome import Fate, Outcome
from pymail.delivery.report import AsyncReporter
from pymail.ipc.delivery import DeliveryRequest, FinalStatus
from pymail.mail.dsn import Dsn, split_status, with_class
from pymail.queue.directories import QueueLayout


class VerdictAgent:
    """Reports *fate* for each recipient, with the next hop (`[D.S.N ]text`) as the reason."""

    def __init__(self, fate: Fate, reporter: AsyncReporter, layout: QueueLayout) -> None:
        self._fate = fate
        self._reporter = reporter
        self._layout = layout

    async def deliver(self, request: DeliveryRequest) -> FinalStatus:
        """Report all recipients of *request*."""
        file = open_queue_file(self._layout, request)
        if file is None:
            return FinalStatus(again=True)
        try:
            digit = self._fate.digit
            status, reason = split_status(request.nexthop, f"{digit}.0.0")
            outcome = Outcome(
                self._fate, Dsn(status=with_class(status, int(digit)), reason=reason), "none", request.stats
            )
            again = False
            for recipient in request.recipients:
                again |= await self._reporter.report(request, recipient, outcome, file)
            return FinalStatus(again)
        finally:
            os.close(file)
