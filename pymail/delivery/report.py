"""Reports the outcome of a delivery: to bounce, defer or trace, to the log, and into the queue file.

The order is the safety: the bounce or trace record first, then the log line, then the recipient is marked as done; what
cannot be recorded is deferred. The decisions are one generator (`_steps`) that yields what to ask of a service; two
small drivers run it, one that blocks and one for the event loop. Rules: those of Postfix's client library.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Final

from pymail.delivery.outcome import Fate, Outcome
from pymail.delivery.params import ReportParams
from pymail.ipc.bounce import Append, BlockingBounceClient, BounceClient
from pymail.ipc.delivery import DeliveryRequest, MsgStats, RequestFlag
from pymail.log.events.delivery import LineStyle, RecipientEvent, recipient_line
from pymail.log.logger import Log
from pymail.mail.dsn import NOTIFY_SUCCESS, Dsn
from pymail.mail.envelope import Recipient
from pymail.queue.mark import MarkError, mark_done

#: The action of a record, and the log's word, when the message only asks whether delivery would work.
_PROBE: Final = {Fate.SENT: "deliverable", Fate.DEFERRED: "undeliverable", Fate.BOUNCED: "undeliverable"}
_ACTION: Final = {Fate.SENT: "delivered", Fate.DEFERRED: "delayed", Fate.BOUNCED: "failed"}
_DEFAULT_STATUS: Final = {Fate.SENT: "2.0.0", Fate.DEFERRED: "4.0.0", Fate.BOUNCED: "5.0.0"}

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Ask:
    """Something to record with a service."""

    service: str
    request: Append


Steps = Generator[Ask, bool, bool]


class _Rules:
    """What both drivers share."""

    def __init__(self, params: ReportParams, log: Log, clock: Clock) -> None:
        self._soft_bounce = params.soft_bounce
        self._bounce = params.bounce_service_name
        self._defer = params.defer_service_name
        self._trace = params.trace_service_name
        self._style = LineStyle(params.info_log_address_format, params.delay_logging_resolution_limit)
        self._log = log
        self._clock = clock

    def steps(self, request: DeliveryRequest, recipient: Recipient, outcome: Outcome, file: int | None) -> Steps:
        """Yield what to record; return True when the recipient must be tried again."""
        outcome = self._completed(request, outcome)
        if request.flags & RequestFlag.VERIFY_MASK:
            again = yield from self._probe(request, recipient, outcome)
        elif outcome.fate is Fate.SENT:
            again = yield from self._sent(request, recipient, outcome)
        elif outcome.fate is Fate.BOUNCED and not self._soft_bounce:
            again = yield from self._bounced(request, recipient, outcome)
        else:
            again = yield from self._deferred(request, recipient, outcome)
        if not again and file is not None and request.flags & RequestFlag.SUCCESS:
            self._mark(request, recipient, file)
        return again

    def _completed(self, request: DeliveryRequest, outcome: Outcome) -> Outcome:
        """Add the end of the delivery, and make status and action fit the fate."""
        dsn = outcome.dsn
        fate = outcome.fate
        if dsn.status[:1] != fate.digit:
            self._log.warning("%s: bad status %r for a recipient that is %s", request.queue_id, dsn.status, fate.value)
            dsn = replace(dsn, status=_DEFAULT_STATUS[fate])
        if not dsn.action:
            dsn = replace(dsn, action=_ACTION[fate])
        # Built anew rather than with `replace`, which costs four times as much: every recipient comes this way.
        before = outcome.stats
        stats = MsgStats(
            before.incoming_arrival, before.active_arrival, before.agent_handoff, before.conn_setup_done,
            self._clock(), before.reuse_count,
        )  # fmt: skip
        return Outcome(fate, dsn, outcome.relay, stats)

    def _sent(self, request: DeliveryRequest, recipient: Recipient, outcome: Outcome) -> Steps:
        wanted = request.flags & (RequestFlag.RECORD | RequestFlag.REC_DLY_SENT) or recipient.notify & NOTIFY_SUCCESS
        if wanted and not (yield self._trace_record(request, recipient, outcome)):
            failed = _replaced(outcome, "4.3.0", f"{request.queue_id}: trace service failed")
            return (yield from self._deferred(request, recipient, failed))
        self._log_line(request, recipient, outcome, "sent")
        return False

    def _bounced(self, request: DeliveryRequest, recipient: Recipient, outcome: Outcome) -> Steps:
        recorded = yield Ask(self._bounce, Append(0, request.queue_id, recipient, outcome.dsn))
        if recorded and request.flags & RequestFlag.RECORD:
            recorded = yield self._trace_record(request, recipient, outcome)
        if not recorded:
            failed = _replaced(outcome, "4.3.0", "bounce or trace service failure")
            return (yield from self._deferred(request, recipient, failed))
        self._log_line(request, recipient, outcome, "bounced")
        return False

    def _deferred(self, request: DeliveryRequest, recipient: Recipient, outcome: Outcome) -> Steps:
        word = "deferred"
        dsn = outcome.dsn
        if outcome.fate is Fate.BOUNCED:
            word = "SOFTBOUNCE"
            dsn = replace(dsn, status=f"4{dsn.status[1:]}", action="delayed")
            outcome = replace(outcome, dsn=dsn)
        if not (yield Ask(self._defer, Append(0, request.queue_id, recipient, dsn))):
            self._log.warning("%s: %s service failure", request.queue_id, self._defer)
        self._log_line(request, recipient, outcome, word)
        if request.flags & RequestFlag.RECORD and not (yield self._trace_record(request, recipient, outcome)):
            self._log.warning("%s: %s service failure", request.queue_id, self._trace)
        return True

    def _probe(self, request: DeliveryRequest, recipient: Recipient, outcome: Outcome) -> Steps:
        word = _PROBE[outcome.fate]
        outcome = replace(outcome, dsn=replace(outcome.dsn, action=word))
        if not (yield self._trace_record(request, recipient, outcome)):
            failed = _replaced(outcome, "4.3.0", f"{request.queue_id}: trace service failed")
            return (yield from self._deferred(request, recipient, failed))
        self._log_line(request, recipient, outcome, word)
        return False

    def _trace_record(self, request: DeliveryRequest, recipient: Recipient, outcome: Outcome) -> Ask:
        dsn = replace(outcome.dsn, reason=f"delivery via {outcome.relay}: {outcome.dsn.reason}")
        return Ask(
            self._trace,
            Append(request.flags & RequestFlag.VERIFY_MASK | _record(request), request.queue_id, recipient, dsn),
        )

    def _log_line(self, request: DeliveryRequest, recipient: Recipient, outcome: Outcome, word: str) -> None:
        event = RecipientEvent(
            request.queue_id, recipient.address, recipient.original, outcome.relay, outcome.stats,
            outcome.stats.reuse_count, outcome.dsn.status, word, outcome.dsn.reason,
        )  # fmt: skip
        self._log.info(recipient_line(event, self._style))

    def _mark(self, request: DeliveryRequest, recipient: Recipient, file: int) -> None:
        """Mark the recipient as done. When that fails the mail is delivered twice rather than lost: log it."""
        try:
            mark_done(file, recipient.offset)
        except (OSError, MarkError) as error:
            self._log.warning("%s: update recipient record: %s", request.queue_id, error)


def _record(request: DeliveryRequest) -> int:
    return request.flags & RequestFlag.RECORD


def _replaced(outcome: Outcome, status: str, reason: str) -> Outcome:
    return replace(outcome, fate=Fate.DEFERRED, dsn=Dsn(status=status, reason=reason, action="delayed"))


class Reporter:
    """Reports outcomes and blocks until they are recorded."""

    def __init__(
        self, params: ReportParams, log: Log, client: BlockingBounceClient | None = None, clock: Clock = time.time
    ) -> None:
        self._rules = _Rules(params, log, clock)
        self._client = client or BlockingBounceClient(params.ipc_timeout)

    def report(self, request: DeliveryRequest, recipient: Recipient, outcome: Outcome, file: int | None = None) -> bool:
        """Record *outcome*; True when the recipient must be tried again. *file* is the open queue file to mark."""
        steps = self._rules.steps(request, recipient, outcome, file)
        answer: bool | None = None
        while True:
            try:
                ask = steps.send(answer)  # type: ignore[arg-type]  # a generator starts with None
            except StopIteration as stop:
                return bool(stop.value)
            answer = self._client.ask(ask.service, ask.request)


class AsyncReporter:
    """Reports outcomes on the event loop."""

    def __init__(
        self, params: ReportParams, log: Log, client: BounceClient | None = None, clock: Clock = time.time
    ) -> None:
        self._rules = _Rules(params, log, clock)
        self._client = client or BounceClient(params.ipc_timeout)

    async def report(
        self, request: DeliveryRequest, recipient: Recipient, outcome: Outcome, file: int | None = None
    ) -> bool:
        """Record *outcome*; True when the recipient must be tried again. *file* is the open queue file to mark."""
        steps = self._rules.steps(request, recipient, outcome, file)
        answer: bool | None = None
        while True:
            try:
                ask = steps.send(answer)  # type: ignore[arg-type]  # a generator starts with None
            except StopIteration as stop:
                return bool(stop.value)
            answer = await self._client.ask(ask.service, ask.request)
