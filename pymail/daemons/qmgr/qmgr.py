"""The queue manager: takes mail from incoming and deferred into the active queue, and sees every message to its end.

Everything is driven by events (a trigger, an agent, a timer), and no event costs more than a few messages: scans
advance with the feed loop. A file system error other than a missing file ends the process (FatalError): what is in the
active queue is taken up again at the next start, so nothing is lost.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Final, Protocol

from pymail.daemons.qmgr.admission import ActiveQueue, Admission
from pymail.daemons.qmgr.destination import Entry
from pymail.daemons.qmgr.dispatch import Dispatcher
from pymail.daemons.qmgr.finish import Finisher
from pymail.daemons.qmgr.flow import TokenKeeper
from pymail.daemons.qmgr.message import ACTIVE, Message
from pymail.daemons.qmgr.scan import Scan
from pymail.daemons.qmgr.surroundings import Steps, Surroundings
from pymail.ipc import eager
from pymail.log.fatal import FatalError
from pymail.mail.dsn import Dsn
from pymail.mail.envelope import Recipient
from pymail.queue import move

INCOMING: Final = "incoming"
DEFERRED: Final = "deferred"
#: Messages that are taken in, and directory entries that are looked at, before other events have their turn.
_FEED_BATCH: Final = 4
#: Seconds that a queue manager which leaves waits for deliveries, and then for their reports.
LEAVE_TIME: Final = 2.0
_SCAN_BATCH: Final = 64
#: Messages that may wait for the resolver.
_ROUTING_LIMIT: Final = 8
#: Seconds between looks for agents that hang.
_DEADLINE_INTERVAL: Final = 60


class Reports(Protocol):
    """Who writes the deliveries that no agent makes."""

    async def discarded(self, message: Message, recipient: Recipient) -> bool:
        """Log and mark a double bounce that nobody wants; False when it must be tried again."""

    async def deferred(self, message: Message, recipient: Recipient, reason: Dsn) -> None:
        """Log that *recipient* must wait."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the queue manager is made of."""

    admission: Admission
    dispatcher: Dispatcher
    finisher: Finisher
    active: ActiveQueue
    reports: Reports
    tokens: TokenKeeper


class Qmgr:
    """The feed loop, and the owner of the messages."""

    def __init__(self, parts: Parts, surroundings: Surroundings, active_limit: int, queue_run_delay: int) -> None:
        self._active = parts.active
        self._admission = parts.admission
        self._dispatcher = parts.dispatcher
        self._finisher = parts.finisher
        self._reports = parts.reports
        self._tokens = parts.tokens
        parts.admission.keeper = self
        parts.dispatcher.owner = self
        parts.finisher.keeper = self
        self._layout = surroundings.layout
        self._now = surroundings.now
        self._active_limit = active_limit
        self._queue_run_delay = queue_run_delay
        self._loop = asyncio.get_running_loop()
        self._incoming = Scan(self._layout, INCOMING, self._now)
        self._deferred = Scan(self._layout, DEFERRED, self._now)
        self._turn = self._incoming
        self._feed_is_due = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._deferrals: deque[tuple[Entry, Dsn]] = deque()
        self._is_deferring = False
        self._leaving = False

    def start(self) -> None:
        """Take up what an earlier queue manager left in the active queue, and begin. Raises FatalError."""
        try:
            self._empty_active()
        except OSError as error:
            raise FatalError(f"move active queue to incoming: {error}") from error
        self._incoming.request()
        self._scan_deferred()
        self._loop.call_later(_DEADLINE_INTERVAL, self._check_deadlines)

    def _empty_active(self) -> None:
        now = int(self._now())
        for entry in list(self._layout.entries(ACTIVE)):
            if move.set_retry_time(entry.path, now):
                move.rename(self._layout, entry.path, self._layout.path(INCOMING, entry.name))

    def _scan_deferred(self) -> None:
        self._deferred.request()
        self._loop.call_later(self._queue_run_delay, self._scan_deferred)
        self._feed_soon()

    def _check_deadlines(self) -> None:
        self._loop.call_later(_DEADLINE_INTERVAL, self._check_deadlines)
        self._dispatcher.check_deadlines()

    def leave(self) -> None:
        """Take in no other message and begin no other delivery: a successor waits."""
        self._leaving = True
        self._dispatcher.leave()

    async def stop(self) -> None:
        """End what is under way, if that is soon. Slow agents go on without us; a successor finds their locks.

        An agent that has a request and not yet its lock would deliver what the successor delivers, too.
        """
        await self._dispatcher.quiet(LEAVE_TIME)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LEAVE_TIME)
        self._dispatcher.close()

    # -- feed

    @property
    def is_feeding(self) -> bool:
        """True while a scan goes on."""
        return self._incoming.is_running or self._deferred.is_running

    def on_request(self, requests: bytes) -> None:
        """Do what a trigger asks for."""
        ignore_time, flush = b"A" in requests, b"F" in requests
        if flush:
            self._dispatcher.revive_all()
        incoming = b"I" in requests or b"W" in requests
        self._incoming.request(start=incoming, ignore_time=ignore_time, flush=flush)
        self._deferred.request(start=b"D" in requests, ignore_time=ignore_time, flush=flush)
        self._feed_soon()

    def _feed_soon(self) -> None:
        if not self._feed_is_due and self.is_feeding and not self._leaving:
            self._feed_is_due = True
            self._loop.call_soon(self._feed)

    def _feed(self) -> None:
        self._feed_is_due = False
        if self._leaving:
            return
        try:
            for _ in range(_FEED_BATCH):
                if not self._has_room():
                    return
                self._take_one()
        except OSError as error:
            raise FatalError(f"queue file: {error}") from error
        self._tokens.balance(incoming_is_empty=not self._incoming.is_running)
        self._feed_soon()

    def _has_room(self) -> bool:
        """Tell whether a message may be taken in; when not, the event that makes room feeds again."""
        if self._active.messages >= self._active_limit:
            # New mail first, when there is room again.
            self._turn = self._incoming
            return False
        return self._admission.routing < _ROUTING_LIMIT

    def _take_one(self) -> None:
        """Take at most one message; the queues take turns."""
        first = self._turn
        second = self._deferred if first is self._incoming else self._incoming
        for scan, other in ((first, second), (second, first)):
            found = scan.next(_SCAN_BATCH)
            if found is not None:
                if self._admission.admit(found) and scan is self._incoming:
                    self._tokens.message_taken()
                self._turn = other
                return

    # -- the owner of the messages

    def message_count(self) -> int:
        """Return how many messages are in the active queue."""
        return self._active.messages

    def entry_done(self, entry: Entry) -> None:
        """The delivery of *entry* has ended: read more recipients, or end the message."""
        message = entry.message
        count = len(entry.recipients)
        message.entries -= 1
        message.recipients -= count
        self._active.recipients -= count
        if not message.entries:
            self.progress(message)
        elif message.next_offset:
            try:
                self._admission.refill(entry)
            except OSError as error:
                raise FatalError(f"{message.queue_id}: {error}") from error

    def progress(self, message: Message) -> None:
        """End the message, or its batch of recipients, when nothing of it is left to do."""
        if not message.entries and not message.reading:
            try:
                self._finisher.finish(message)
            except OSError as error:
                raise FatalError(f"{message.queue_id}: {error}") from error
        self._feed_soon()

    def read_more(self, message: Message) -> bool:
        """Read the next batch of recipients; see finish.Keeper."""
        return self._admission.read_more(message)

    def save_corrupt(self, queue_id: str) -> None:
        """Move a file that is no whole message out of the way."""
        self._finisher.save_corrupt(queue_id)

    def closed(self, message: Message) -> None:
        """The message is out of the active queue: there is room for another."""
        self._active.messages -= 1
        self._active.probes -= message.is_mta_probe
        self._feed_soon()

    def settle(self, steps: Steps) -> None:
        """Run *steps* to their first wait, and the rest in a task. A failure ends the process."""
        task = eager.start(steps, _nothing)
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._settled)

    def _settled(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            error = task.exception()
            if error is not None:
                raise FatalError(f"cannot go on with a message: {error!r}") from error

    # -- deliveries that no agent makes

    def discard_here(self, message: Message, recipient: Recipient) -> None:
        """Mark *recipient* as done; see admission.Keeper."""
        self.settle(self._discard(message, recipient))

    async def _discard(self, message: Message, recipient: Recipient) -> None:
        if not await self._reports.discarded(message, recipient):
            message.deferred = True
        message.entries -= 1
        message.recipients -= 1
        self._active.recipients -= 1
        self.progress(message)

    def defer_here(self, entry: Entry, reason: Dsn) -> None:
        """Write the deferral of *entry*; see dispatch.Owner."""
        entry.message.deferred = True
        self._deferrals.append((entry, reason))
        if not self._is_deferring:
            self._is_deferring = True
            self.settle(self._defer_all())

    async def _defer_all(self) -> None:
        """One after the other: there may be very many, and one defer service."""
        while self._deferrals:
            entry, reason = self._deferrals.popleft()
            for recipient in entry.recipients:
                await self._reports.deferred(entry.message, recipient, reason)
            self.entry_done(entry)
        self._is_deferring = False


def _nothing(_result: None) -> None:
    """The steps have no result."""
