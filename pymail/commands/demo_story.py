"""The story of one message, read from the log: its lines, and those of every message that it led to. Pure.

A message has a new queue ID wherever it is queued again: at the next server (`queued as ID`), through an alias to
elsewhere (`forwarded as ID`), as a report to its sender (`notification: ID`). Following these gives its whole way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

#: `... postfix/smtpd[123]: 4C0FFEE: text`
_LINE: Final = re.compile(r"\]: (?:warning: |error: )?(?P<id>[0-9A-Za-z]{6,}): (?P<text>.*)$")
_NEXT: Final = re.compile(r"(?:queued as|forwarded as|notification:) (?P<id>[0-9A-Za-z]{6,})")
_REMOVED: Final = "removed"
#: This is as far as a message comes when nobody takes it now: it waits for its next attempt.
_DEFERRED: Final = "status=deferred"


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line about a message. *system* tells whose log it is in."""

    system: str
    queue_id: str
    text: str
    whole: str


def read_lines(system: str, log: str) -> list[LogLine]:
    """Return the lines of *log* that are about a message."""
    found = []
    for whole in log.splitlines():
        match = _LINE.search(whole)
        if match is not None:
            found.append(LogLine(system, match["id"], match["text"], whole))
    return found


def find_first(lines: Iterable[LogLine], message_id: str) -> str | None:
    """Return the queue ID under which the message with this Message-ID was queued first."""
    wanted = f"message-id={message_id}"
    return next((line.queue_id for line in lines if line.text == wanted), None)


@dataclass(frozen=True, slots=True)
class Story:
    """The lines of a message and of all that it led to, one queue ID after the other."""

    lines: tuple[LogLine, ...]
    ids: tuple[str, ...]

    @property
    def is_over(self) -> bool:
        """Whether every message in it was removed from its queue."""
        removed = {line.queue_id for line in self.lines if line.text == _REMOVED}
        return bool(self.ids) and removed.issuperset(self.ids)

    @property
    def is_waiting(self) -> bool:
        """Whether a message in it was deferred."""
        return any(_DEFERRED in line.text for line in self.lines)

    def tells(self, text: str) -> bool:
        """Whether one of its lines has *text*."""
        return any(text in line.text for line in self.lines)


def tell(lines: Sequence[LogLine], first: str) -> Story:
    """Return the story that begins with queue ID *first*."""
    ids = [first]
    told: list[LogLine] = []
    for queue_id in ids:  # grows while we read
        own = [line for line in lines if line.queue_id == queue_id]
        told += own
        for line in own:
            ids += [match["id"] for match in _NEXT.finditer(line.text) if match["id"] not in ids]
    return Story(tuple(told), tuple(ids))
