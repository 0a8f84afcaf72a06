"""What a delivery agent found out about one recipient."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from pymail.ipc.delivery import MsgStats
from pymail.mail.dsn import Dsn


class Fate(Enum):
    """What became of a recipient; the value is the word of the log."""

    __hash__ = object.__hash__  # members are alone; the hash of Enum is Python code and much slower

    SENT = "sent"
    DEFERRED = "deferred"
    BOUNCED = "bounced"

    @property
    def digit(self) -> str:
        """The class of the enhanced status codes that fit."""
        return _DIGIT[self]


_DIGIT: Final = {Fate.SENT: "2", Fate.DEFERRED: "4", Fate.BOUNCED: "5"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The fate of one recipient, why, by which relay (as the log shows it), and when.

    The action of *dsn* may stay empty: it follows from the fate then (`relayed` and `expanded` are the agent's to say).
    *stats* carries the time when the connection was ready, if there was one; the end of the delivery is added here.
    """

    fate: Fate
    dsn: Dsn
    relay: str
    stats: MsgStats


def sent(dsn: Dsn, relay: str, stats: MsgStats) -> Outcome:
    """The recipient has its mail."""
    return Outcome(Fate.SENT, dsn, relay, stats)


def deferred(dsn: Dsn, relay: str, stats: MsgStats) -> Outcome:
    """Try again later."""
    return Outcome(Fate.DEFERRED, dsn, relay, stats)


def bounced(dsn: Dsn, relay: str, stats: MsgStats) -> Outcome:
    """It will never work."""
    return Outcome(Fate.BOUNCED, dsn, relay, stats)
