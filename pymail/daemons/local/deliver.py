"""Delivers to one recipient: through aliases, to this machine's users, or onwards.

An alias is expanded depth first. Each destination is reported on its own; the recipient in the queue file is done only
when none of them must be tried again. Destinations that were served once by a request are not served twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from pymail.daemons.local.mailboxes import Mailboxes
from pymail.daemons.local.targets import Target, TargetKind, parse_targets
from pymail.delivery.copying import TopLines, delivered_to
from pymail.delivery.outcome import Fate, Outcome
from pymail.ipc.delivery import DeliveryRequest, RequestFlag
from pymail.ipc.errors import ServiceError
from pymail.ipc.rewrite import ResolveFlag, ResolveReply
from pymail.log.logger import Log
from pymail.mail.dsn import NOTIFY_NEVER, NOTIFY_SUCCESS, Dsn
from pymail.mail.envelope import Recipient
from pymail.mail.extension import split_extension
from pymail.mail.quoting import split_address, unquote
from pymail.queue.mark import MarkError, mark_done
from pymail.tables.base import TableError
from pymail.unix.users import NoSuchUserError, User

#: Aliases inside aliases (Postfix: 100).
DEPTH_LIMIT: Final = 100
_PROBE: Final = RequestFlag.VERIFY_MASK


class Lookup(Protocol):
    """The alias tables."""

    def lookup(self, key: str) -> str | None:
        """Return what the alias stands for; raises TableError."""


class Resolver(Protocol):
    """trivial-rewrite."""

    def rewrite(self, rule: str, address: str) -> str:
        """Complete an address (external form); raises ServiceError."""

    def resolve(self, sender: str, address: str) -> ResolveReply:
        """Tell where an address goes; raises ServiceError."""


class Reports(Protocol):
    """Who records outcomes."""

    def report(self, request: DeliveryRequest, recipient: Recipient, outcome: Outcome) -> bool:
        """Record an outcome; True when it must be tried again."""


class Forwards(Protocol):
    """Who passes mail on."""

    def send(
        self, file: int, request: DeliveryRequest, sender: str, recipients: list[Recipient], delivered: str
    ) -> str | None:
        """Queue the message for *recipients*; the new queue ID, or None."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What main.cf says about local recipients. *transport* is our service's name."""

    transport: str
    delimiter: str
    keep_original: bool
    expand_owner: bool


@dataclass(frozen=True, slots=True)
class Doors:
    """The ways out of here."""

    aliases: Lookup
    resolver: Resolver
    mailboxes: Mailboxes
    forwards: Forwards
    reports: Reports
    user_by_name: Callable[[str], User]


@dataclass(slots=True)
class _Job:
    """One recipient on its way: the message, who had it before, and what was done already."""

    request: DeliveryRequest
    file: int
    recipient: Recipient
    seen: frozenset[str]
    forwards: dict[str, list[Recipient]] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)


class LocalDelivery:
    """Delivers the recipients of requests."""

    def __init__(self, settings: Settings, doors: Doors, log: Log) -> None:
        self._settings = settings
        self._doors = doors
        self._log = log

    def deliver(self, request: DeliveryRequest, file: int) -> bool:
        """Deliver to all recipients of *request*; True when something must be tried again."""
        seen = delivered_to(file, request)
        again = False
        for recipient in request.recipients:
            job = _Job(request, file, recipient, seen)
            undone = self._recipient(job, recipient, request.sender, frozenset())
            undone |= self._send_forwards(job)
            if not undone:
                self._mark(job)
            again |= undone
        return again

    def _mark(self, job: _Job) -> None:
        if not job.request.flags & RequestFlag.SUCCESS:
            return
        try:
            mark_done(job.file, job.recipient.offset)
        except (OSError, MarkError) as error:
            self._log.warning("%s: update recipient record: %s", job.request.queue_id, error)

    def _recipient(self, job: _Job, recipient: Recipient, sender: str, expanded: frozenset[str]) -> bool:
        local = split_address(recipient.address)[0].lower()
        user, extension = split_extension(local, self._settings.delimiter)
        if len(expanded) > DEPTH_LIMIT:
            return self._report(job, recipient, "5.4.6", f"possible alias database loop for {local}")
        try:
            for name in (local, user) if extension is not None else (local,):
                value = None if name in expanded else self._doors.aliases.lookup(name)
                if value is not None:
                    owner = self._owner(name, recipient, sender)
                    return self._alias(job, recipient, value, owner, expanded | {name})
        except TableError:
            return self._report(job, recipient, "4.3.0", "alias database unavailable")
        return self._user(job, recipient, user)

    def _owner(self, name: str, recipient: Recipient, sender: str) -> str:
        """Return the sender of what alias *name* passes on: owner-NAME if there is such an alias. Raises TableError."""
        if name.startswith("owner-"):
            return sender
        owner = self._doors.aliases.lookup(f"owner-{name}")
        if owner is None or not sender:
            return sender
        domain = split_address(recipient.address)[1]
        if self._settings.expand_owner:
            members = [target for target in parse_targets(owner) if target.kind is TargetKind.ADDRESS]
            if len(members) == 1:
                return unquote(members[0].text)
        return f"owner-{name}@{domain}" if domain else f"owner-{name}"

    def _alias(self, job: _Job, recipient: Recipient, value: str, sender: str, expanded: frozenset[str]) -> bool:
        if job.request.flags & _PROBE:
            return self._report(job, recipient, "2.0.0", f"aliased to {value}")
        targets = parse_targets(value)
        if not targets:
            self._log.warning("%s: empty alias: %s", job.request.queue_id, recipient.address)
            return self._report(job, recipient, "5.3.5", "mail system configuration error")
        if recipient.notify & NOTIFY_SUCCESS:
            if self._report(job, recipient, "2.0.0", "alias expanded", action="expanded"):
                return True
            rest = recipient.notify & ~NOTIFY_SUCCESS
            recipient = replace(recipient, notify=rest or NOTIFY_NEVER)
        again = False
        for target in targets:
            again |= self._target(job, recipient, target, sender, expanded)
        return again

    def _target(self, job: _Job, recipient: Recipient, target: Target, sender: str, expanded: frozenset[str]) -> bool:
        if target.kind is not TargetKind.ADDRESS:
            self._log.warning(
                "%s: alias %s: delivery to %s is not supported",
                job.request.queue_id,
                recipient.address,
                target.kind.value,
            )
            return self._report(job, recipient, "4.3.5", "mail system configuration error")
        try:
            address = unquote(self._doors.resolver.rewrite("local", target.text))
            reply = self._doors.resolver.resolve(sender, address)
        except ServiceError as error:
            self._log.warning("%s: %s", job.request.queue_id, error)
            return self._report(job, recipient, "4.3.0", "address resolver failure")
        if reply.flags & ResolveFlag.FAIL:
            return self._report(job, recipient, "4.3.0", "address resolver failure")
        if reply.flags & ResolveFlag.ERROR:
            return self._report(job, recipient, "5.1.3", "bad recipient address syntax")
        if reply.transport == self._settings.transport:
            return self._recipient(job, replace(recipient, address=reply.recipient), sender, expanded)
        if not self._first_time(job, address):
            return False
        job.forwards.setdefault(sender, []).append(replace(recipient, address=address, original=recipient.address))
        return False

    def _first_time(self, job: _Job, destination: str) -> bool:
        """Tell whether this recipient's mail has not gone to *destination* yet, and remember that it does now."""
        key = destination.lower()
        if key in job.done:
            return False
        job.done.add(key)
        return True

    def _send_forwards(self, job: _Job) -> bool:
        again = False
        for sender, recipients in job.forwards.items():
            new_id = self._doors.forwards.send(job.file, job.request, sender, recipients, job.recipient.address)
            for _ in recipients:
                if new_id is None:
                    again |= self._report(job, job.recipient, "4.3.0", "unable to forward message")
                else:
                    again |= self._report(job, job.recipient, "2.0.0", f"forwarded as {new_id}")
        return again

    def _user(self, job: _Job, recipient: Recipient, name: str) -> bool:
        try:
            user = self._doors.user_by_name(name)
        except NoSuchUserError:
            return self._report(job, recipient, "5.1.1", f'unknown user: "{name}"')
        except OSError:
            return self._report(job, recipient, "4.0.0", "user lookup error")
        if not self._first_time(job, user.name):
            return False
        if job.request.flags & _PROBE:
            return self._report(job, recipient, "2.0.0", f"delivers to {self._doors.mailboxes.kind()}")
        if recipient.address.lower() in job.seen:
            return self._report(job, recipient, "5.4.6", f"mail forwarding loop for {recipient.address}")
        original = recipient.original if self._settings.keep_original else ""
        top = TopLines(job.request.sender, original, recipient.address)
        dsn = self._doors.mailboxes.deliver(job.file, job.request, top, user)
        return self._report(job, recipient, dsn.status, dsn.reason)

    def _report(self, job: _Job, recipient: Recipient, status: str, reason: str, *, action: str = "") -> bool:
        fate = {"2": Fate.SENT, "4": Fate.DEFERRED, "5": Fate.BOUNCED}[status[0]]
        outcome = Outcome(fate, Dsn(status, reason, action), self._settings.transport, job.request.stats)
        return self._doors.reports.report(job.request, recipient, outcome)
