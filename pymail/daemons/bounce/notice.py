"""Which reports a request leads to, who gets them, and which recipients they name. Pure.

The rules are those of Postfix: the sender gets reports; a report that itself fails goes to the postmaster, when
notify_classes has `2bounce`; what fails then is dropped. Copies go to the postmaster for `bounce` and `delay`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from pymail.ipc.bounce import RequestKind
from pymail.ipc.delivery import RequestFlag
from pymail.mail.dsn import NOTIFY_DELAY, NOTIFY_FAILURE, NOTIFY_NEVER, NOTIFY_SUCCESS, RET_HDRS
from pymail.queue.logs import LogEntry


class Kind(Enum):
    """What is reported; the value is the word of the log line."""

    FAILURE = "non-delivery"
    DELAY = "delay"
    SUCCESS = "delivery status"
    PROBE = "delivery status "  # the same word for the log; another text

    @property
    def word(self) -> str:
        """The word of the log line."""
        return self.value.strip()


class Silence(Enum):
    """Why nothing is sent."""

    POSTMASTER_NOTICE = "double-bounce"
    BOUNCE = "single-bounce"


@dataclass(frozen=True, slots=True)
class Policy:
    """Addresses and classes, from main.cf. *double_bounce* is a whole address."""

    classes: frozenset[str]
    double_bounce: str
    bounce_recipient: str
    double_bounce_recipient: str
    delay_recipient: str


@dataclass(frozen=True, slots=True)
class Notice:
    """One report: what about, from whom (envelope) to whom, and whether the whole message may be returned."""

    kind: Kind
    sender: str
    recipient: str
    whole_message: bool
    to_postmaster: bool = False


_WANTED: Final = {Kind.FAILURE: NOTIFY_FAILURE, Kind.DELAY: NOTIFY_DELAY, Kind.SUCCESS: NOTIFY_SUCCESS}


def kind_of(request_kind: int, flags: int) -> Kind:
    """Return what a request of *request_kind* with delivery *flags* reports."""
    match request_kind:
        case RequestKind.WARN:
            return Kind.DELAY
        case RequestKind.TRACE:
            probe = flags & (RequestFlag.USR_VRFY | RequestFlag.RECORD)
            return Kind.PROBE if probe else Kind.SUCCESS
        case _:
            return Kind.FAILURE


def notices(kind: Kind, sender: str, ret_flags: int, policy: Policy) -> list[Notice] | Silence:
    """Return the reports for a message from *sender*, or why there are none."""
    headers_only = bool(ret_flags & RET_HDRS)
    if sender.lower() == policy.double_bounce.lower():
        return Silence.POSTMASTER_NOTICE
    match kind:
        case Kind.SUCCESS | Kind.PROBE:
            if not sender:
                return Silence.BOUNCE
            return [Notice(kind, "", sender, whole_message=False)]
        case Kind.DELAY:
            copy = [Notice(kind, policy.double_bounce, policy.delay_recipient, False, to_postmaster=True)]
            if not sender:
                return copy if "delay" in policy.classes else []
            return [Notice(kind, "", sender, False), *(copy if "delay" in policy.classes else [])]
        case Kind.FAILURE:
            if not sender:
                recipient = policy.double_bounce_recipient
                notice = Notice(kind, policy.double_bounce, recipient, True, to_postmaster=True)
                return [notice] if "2bounce" in policy.classes else []
            found = [Notice(kind, "", sender, whole_message=not headers_only)]
            if "bounce" in policy.classes:
                found.append(Notice(kind, policy.double_bounce, policy.bounce_recipient, False, to_postmaster=True))
            return found


def reported(entries: list[LogEntry], kind: Kind, *, to_postmaster: bool) -> list[LogEntry]:
    """Return the entries that the report names: those whose NOTIFY asks for it, or says nothing."""
    if to_postmaster or kind is Kind.PROBE:
        return entries
    wanted = _WANTED[kind]
    asks = 0 if kind is Kind.SUCCESS else NOTIFY_NEVER  # success is reported on request only
    return [entry for entry in entries if entry.recipient.notify & wanted or (asks and not entry.recipient.notify)]
