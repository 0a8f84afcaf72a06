"""The end of a message, or of a batch of its recipients: reports, expiry, the next attempt, removal.

The steps and their order are Postfix's (qmgr_active.c). A report that cannot be sent makes the message deferred, so
that it is tried again; the file goes last. Most messages have nothing but one success behind them: they take the short
way, without a coroutine.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from pymail.daemons.qmgr.message import ACTIVE, Message
from pymail.daemons.qmgr.surroundings import Steps, Surroundings
from pymail.ipc.bounce import BounceFlag, Report, RequestKind
from pymail.ipc.delivery import RequestFlag
from pymail.log.events import qmgr as events
from pymail.queue import move
from pymail.queue.mark import MarkError, is_ready, kill_attribute, mark_warned

_NAMES: Final = {RequestKind.FLUSH: "bounce", RequestKind.VERP: "verp-bounce", RequestKind.WARN: "delay warning"}


class ReportClient(Protocol):
    """Who asks the bounce services (ipc.bounce.BounceClient)."""

    async def ask(self, service: str, request: Report) -> bool:
        """Send *request*; True when it was done."""


class Keeper(Protocol):
    """Who keeps the messages."""

    def read_more(self, message: Message) -> bool:
        """Read the next recipients and deliver to them; False when the file cannot be read any more."""

    def closed(self, message: Message) -> None:
        """The message is out of the active queue."""

    def settle(self, steps: Steps) -> None:
        """Run the coroutine *steps*; its failure is ours."""


@dataclass(frozen=True, slots=True)
class FinishRules:
    """From main.cf; times in seconds. The names of the services are those of their log directories, too."""

    minimal_backoff_time: int = 300
    maximal_backoff_time: int = 4000
    maximal_queue_lifetime: int = 432000
    bounce_queue_lifetime: int = 432000
    disable_verp_bounces: bool = False
    bounce_service: str = "bounce"
    defer_service: str = "defer"
    trace_service: str = "trace"

    def lifetime(self, sender: str) -> int:
        """Return how long mail from *sender* is tried; a bounce no longer than other mail."""
        if sender:
            return self.maximal_queue_lifetime
        return min(self.bounce_queue_lifetime, self.maximal_queue_lifetime)

    def retry_delay(self, age: float) -> int:
        """Return the time until the next attempt for a message of *age*: it doubles, within bounds."""
        return max(self.minimal_backoff_time, min(int(age), self.maximal_backoff_time))


class Finisher:
    """Ends messages."""

    __slots__ = ("_client", "_layout", "_log", "_now", "_rules", "_show_address", "keeper")

    def __init__(self, rules: FinishRules, surroundings: Surroundings, client: ReportClient) -> None:
        self._rules = rules
        self._client = client
        self._layout = surroundings.layout
        self._log = surroundings.log
        self._now = surroundings.now
        self._show_address = surroundings.show_address
        self.keeper: Keeper

    def finish(self, message: Message) -> None:
        """Go on with a message that has no entries left. Raises OSError."""
        bounces = self._take_bounce_log(message)
        if bounces or message.deferred or message.next_offset or message.wants_trace:
            self.keeper.settle(self._steps(message, bounces))
        else:
            self._remove(message)

    def _take_bounce_log(self, message: Message) -> bool:
        """Tell whether there is something to report; an empty log is removed."""
        path = self._layout.path(self._rules.bounce_service, message.queue_id)
        try:
            if os.stat(path).st_size:
                return True
            os.unlink(path)
        except FileNotFoundError:
            pass
        return False

    async def _steps(self, message: Message, bounces: bool) -> None:
        if bounces:
            kind = self._flush_kind(message)
            if not await self._ask(self._rules.bounce_service, message.report(kind, 0)):
                message.deferred = True
        if message.deferred and not self._is_ready(message):
            self.save_corrupt(message.queue_id)
            self.keeper.closed(message)
            return
        if message.next_offset:
            if not self.keeper.read_more(message):
                self.save_corrupt(message.queue_id)
                self.keeper.closed(message)
            return
        if message.wants_trace:
            await self._trace(message)
        if message.deferred:
            await self._give_up_or_warn(message)
        if message.deferred:
            self._defer(message)
        else:
            self._remove(message)

    async def _trace(self, message: Message) -> None:
        if not await self._ask(self._rules.trace_service, message.report(RequestKind.TRACE, message.trace_flags)):
            message.deferred = True
        elif message.trace_flags == RequestFlag.RECORD and message.trace_offset:
            # Once is enough: later attempts are not recorded.
            self._mark(message, lambda fd: kill_attribute(fd, message.trace_offset))

    async def _give_up_or_warn(self, message: Message) -> None:
        rules = self._rules
        now = self._now()
        if message.force_expire or now >= message.create_time + rules.lifetime(message.sender):
            sender = self._show_address(message.sender)
            self._log.info(events.expired(message.queue_id, sender, forced=message.force_expire))
            report = message.report(self._flush_kind(message), BounceFlag.DELRCPT)
            message.deferred = not await self._ask(rules.defer_service, report)
        elif 0 < message.warning_time <= now + 1 and await self._ask(
            rules.defer_service, message.report(RequestKind.WARN, 0)
        ):
            self._mark(message, lambda fd: mark_warned(fd, message.warning_offset))

    def _flush_kind(self, message: Message) -> int:
        verp = message.verp and not self._rules.disable_verp_bounces
        return RequestKind.VERP if verp else RequestKind.FLUSH

    async def _ask(self, service: str, report: Report) -> bool:
        done = await self._client.ask(service, report)
        if not done:
            self._log.info(events.report_failed(report.queue_id, _NAMES.get(report.kind, "trace")))
        return done

    def _is_ready(self, message: Message) -> bool:
        try:
            return is_ready(os.lstat(self._layout.path(ACTIVE, message.queue_id)).st_mode)
        except FileNotFoundError:
            return False

    def _mark(self, message: Message, mark: Callable[[int], None]) -> None:
        try:
            fd = os.open(self._layout.path(ACTIVE, message.queue_id), os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        try:
            mark(fd)
        except MarkError as error:
            self._log.warning("%s: %s", message.queue_id, error)
        finally:
            os.close(fd)

    def _defer(self, message: Message) -> None:
        now = self._now()
        when = int(now) + self._rules.retry_delay(now - message.create_time)
        if not move.defer(self._layout, message.queue_id, ACTIVE, when):
            self._log.warning("%s: queue file is gone", message.queue_id)
        self.keeper.closed(message)

    def _remove(self, message: Message) -> None:
        if move.remove(self._layout, ACTIVE, message.queue_id):
            self._log.info(events.removed(message.queue_id))
        else:
            self._log.warning(
                "%s: remove %s from active: No such file or directory", message.queue_id, message.queue_id
            )
        self.keeper.closed(message)

    def save_corrupt(self, queue_id: str) -> None:
        """Move a file that is no whole message out of the way. Raises OSError."""
        self._log.warning("%s", events.saved_corrupt(queue_id, ACTIVE))
        move.move(self._layout, queue_id, ACTIVE, "corrupt")
