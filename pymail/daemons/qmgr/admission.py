"""A message comes into the active queue: its file is moved, locked and read, its recipients get their destinations.

The exclusive lock tells whether an agent that an earlier queue manager asked still works on the file (it has a shared
lock). It is held until the recipients have their routes. Recipients that do not fit are read later: `read_more`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final, Protocol

from pymail.daemons.qmgr.destination import Entry
from pymail.daemons.qmgr.dispatch import Dispatcher
from pymail.daemons.qmgr.message import ACTIVE, Message, Sharing
from pymail.daemons.qmgr.quick_read import read_message
from pymail.daemons.qmgr.resolve import Decision, Discard, Route, Router
from pymail.daemons.qmgr.scan import Found
from pymail.daemons.qmgr.surroundings import Steps, Surroundings
from pymail.daemons.qmgr.transport import Transport
from pymail.daemons.qmgr.verp import is_verp_delimiters
from pymail.ipc.delivery import RequestFlag
from pymail.log.events import qmgr as events
from pymail.mail.envelope import Recipient
from pymail.mail.quoting import split_address
from pymail.queue import move
from pymail.queue.mark import EXPIRE_MODE, UNTHROTTLE_MODE
from pymail.queue.reader import CorruptFileError, Envelope, EnvelopeReader
from pymail.unix.locks import lock

#: The most recipients that are read at once: routing them takes its time.
BATCH_LIMIT: Final = 5000
#: Seconds until a message is tried again that is still being delivered.
_BUSY_DELAY: Final = 60


@dataclass(slots=True)
class ActiveQueue:
    """What is in memory: messages, their recipients, address probes among them, and the rank of the next message."""

    messages: int = 0
    recipients: int = 0
    probes: int = 0
    next_rank: int = 0


@dataclass(frozen=True, slots=True)
class AdmissionRules:
    """From main.cf."""

    recipient_limit: int = 20000
    recipient_minimum: int = 10
    confirm_delay_cleared: bool = False
    verp_delimiter_filter: str = "-=+"
    defer_service: str = "defer"


class Keeper(Protocol):
    """Who keeps the messages."""

    def progress(self, message: Message) -> None:
        """All recipients that were read have entries now, or none was left."""

    def discard_here(self, message: Message, recipient: Recipient) -> None:
        """Mark *recipient* as done; progress is called after that."""

    def save_corrupt(self, queue_id: str) -> None:
        """Move the file out of the way."""

    def settle(self, steps: Steps) -> None:
        """Run the coroutine *steps*; its failure is ours."""


class Admission:
    """Takes messages into the active queue."""

    __slots__ = (
        "_active", "_dispatcher", "_layout", "_log", "_now", "_router", "_rules", "_share", "_show_address",
        "keeper", "routing",
    )  # fmt: skip

    def __init__(
        self,
        rules: AdmissionRules,
        surroundings: Surroundings,
        router: Router,
        dispatcher: Dispatcher,
        active: ActiveQueue,
    ) -> None:
        self._rules = rules
        self._layout = surroundings.layout
        self._log = surroundings.log
        self._now = surroundings.now
        self._show_address = surroundings.show_address
        self._router = router
        self._dispatcher = dispatcher
        self._active = active
        self._share = Sharing()
        #: Messages that wait for the resolver.
        self.routing = 0
        self.keeper: Keeper

    def admit(self, found: Found) -> bool:
        """Take the file in; False when there is nothing to deliver. Raises OSError."""
        path = self._layout.path(ACTIVE, found.queue_id)
        if not move.rename(self._layout, found.path, path):
            self._log.warning(
                "%s: rename from %s to %s: No such file or directory", found.queue_id, found.queue_name, ACTIVE
            )
            return False
        try:
            fd = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            self._log.warning("open %s %s: No such file or directory", ACTIVE, found.queue_id)
            return False
        close = True
        try:
            if not lock(fd):
                self._skip(found.queue_id, path)
                return False
            try:
                message, recipients = self._read(fd, found)
            except CorruptFileError as error:
                self._log.warning("%s: message rejected: %s", found.queue_id, error)
                self.keeper.save_corrupt(found.queue_id)
                return False
            close = False
            self._route(message, recipients, fd)
            return True
        finally:
            if close:
                os.close(fd)

    def _skip(self, queue_id: str, path: str) -> None:
        self._log.info(events.skipped(queue_id))
        move.set_retry_time(path, int(self._now()) + _BUSY_DELAY)
        move.move(self._layout, queue_id, ACTIVE, "incoming")

    def _window(self) -> int:
        """Return how many recipients may be read now."""
        free = self._rules.recipient_limit - self._active.recipients
        return min(max(free, self._rules.recipient_minimum), BATCH_LIMIT)

    def _read(self, fd: int, found: Found) -> tuple[Message, list[Recipient]]:
        window = self._window()
        envelope, batch = read_message(fd, window)
        active = self._active
        active.next_rank += 1
        message = Message(found.queue_id, active.next_rank, envelope, self._now(), self._share)
        message.flush = found.flush
        recipients = batch.recipients
        self._keep_unread(message, envelope, batch.next_offset)
        self._log.info(
            events.active(
                found.queue_id, self._show_address(message.sender), message.size, envelope.sizes.recipient_count
            )
        )
        self._check_flags(message, fd, found.mode)
        if message.redirect and recipients:
            recipients = [self._router.redirected(message, recipients[0])]
            message.next_offset = 0
        if not self._forget_reasons(message):
            # Expired by hand, and there are reasons to send back: no further attempt.
            recipients = []
            message.next_offset = 0
            message.deferred = True
        message.window = window
        active.messages += 1
        active.probes += message.is_mta_probe
        return message, recipients

    def _keep_unread(self, message: Message, envelope: Envelope, next_offset: int) -> None:
        message.next_offset = next_offset
        message.sizes = envelope.sizes if next_offset else None

    def _check_flags(self, message: Message, fd: int, mode: int) -> None:
        if mode & UNTHROTTLE_MODE:
            message.unthrottle = True
            os.fchmod(fd, mode & ~UNTHROTTLE_MODE)
        message.force_expire = bool(mode & EXPIRE_MODE)
        if message.warning_time < 0 and self._rules.confirm_delay_cleared:
            message.trace_flags |= RequestFlag.REC_DLY_SENT
        if message.verp:
            if not message.sender:
                self._log.warning("%s: ignoring VERP request for null sender", message.queue_id)
                message.verp = ""
            elif not is_verp_delimiters(message.verp, self._rules.verp_delimiter_filter):
                self._log.warning('%s: ignoring bad VERP request: "%.100s"', message.queue_id, message.verp)
                message.verp = ""

    def _forget_reasons(self, message: Message) -> bool:
        """Remove the log of the last attempt's deferrals; False when it has to stay, as the reason for an expiry."""
        path = self._layout.path(self._rules.defer_service, message.queue_id)
        try:
            if message.force_expire and os.stat(path).st_size:
                return False
            os.unlink(path)
        except FileNotFoundError:
            pass
        return True

    # -- routes

    def _route(self, message: Message, recipients: list[Recipient], fd: int) -> None:
        """Give *recipients* to their destinations, then close *fd* and report progress. *message* counts them now."""
        self._active.recipients += len(recipients)
        message.recipients += len(recipients)
        if len(recipients) > 1:
            recipients.sort(key=_by_domain)
        route_now = self._router.route_now
        decisions: list[Decision] = []
        for recipient in recipients:
            decision = route_now(message, recipient)
            if decision is None:
                self.keeper.settle(self._route_slowly(message, recipients, decisions, fd))
                return
            decisions.append(decision)
        self._assign(message, decisions, fd)

    async def _route_slowly(
        self, message: Message, recipients: list[Recipient], decisions: list[Decision], fd: int
    ) -> None:
        """Ask for the routes that are not known yet."""
        self.routing += 1
        for recipient in recipients[len(decisions) :]:
            decisions.append(await self._router.route(message, recipient))
        self.routing -= 1
        self._assign(message, decisions, fd)

    def _assign(self, message: Message, decisions: list[Decision], fd: int) -> None:
        os.close(fd)
        message.reading = False
        # This entry of our own keeps the message from ending before all have theirs.
        message.entries += 1
        touched: set[Transport] = set()
        for route, recipients in _group(decisions).items():
            touched.add(self._dispatcher.add(message, route, recipients))
        for decision in decisions:
            if isinstance(decision, Discard):
                message.entries += 1
                self.keeper.discard_here(message, decision.recipient)
        for transport in touched:
            self._dispatcher.drain(transport)
        message.entries -= 1
        self.keeper.progress(message)

    # -- later recipients

    def refill(self, entry: Entry) -> None:
        """Read more recipients of the message of *entry*, which is done, when enough fit into memory."""
        message = entry.message
        limits = entry.destination.transport.limits
        free = min(message.window - message.recipients, self._rules.recipient_limit - self._active.recipients)
        if message.reading or free <= 0:
            return
        now = self._now()
        if (free >= limits.refill_limit or now >= message.refill_time + limits.refill_delay) and not self._read_more(
            message, free
        ):
            # At the end of this batch it is tried again, and then the failure counts.
            message.refill_time = now + _BUSY_DELAY
            message.window = 0

    def read_more(self, message: Message) -> bool:
        """Read the next batch; False when the file is gone or no whole message. Raises OSError."""
        message.window = self._window()
        return self._read_more(message, message.window)

    def _read_more(self, message: Message, most: int) -> bool:
        path = self._layout.path(ACTIVE, message.queue_id)
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            self._log.warning("open %s %s: No such file or directory", ACTIVE, message.queue_id)
            return False
        assert message.sizes is not None
        envelope = Envelope(sizes=message.sizes)
        try:
            batch = EnvelopeReader(fd, envelope).read_more(message.next_offset, most)
        except CorruptFileError as error:
            os.close(fd)
            self._log.warning("%s: message rejected: %s", message.queue_id, error)
            return False
        message.reading = True
        message.refill_time = self._now()
        self._keep_unread(message, envelope, batch.next_offset)
        self._route(message, batch.recipients, fd)
        return True


def _by_domain(recipient: Recipient) -> tuple[str, str]:
    local, domain = split_address(recipient.address)
    return (domain or "").lower(), local.lower()


def _group(decisions: list[Decision]) -> dict[tuple[str, str, str], list[Recipient]]:
    """Return the recipients by destination: (transport, queue name, next hop)."""
    groups: dict[tuple[str, str, str], list[Recipient]] = {}
    destinations: dict[tuple[str, str], tuple[str, str, str]] = {}
    for decision in decisions:
        if isinstance(decision, Route):
            name = (decision.transport, decision.queue_name)
            key = destinations.setdefault(name, (decision.transport, decision.queue_name, decision.nexthop))
            groups.setdefault(key, []).append(decision.recipient)
    return groups
