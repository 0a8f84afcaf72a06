"""SMTP replies: a value, its octets, and the reader of a stream of them.

RFC 5321 §4.2; enhanced status codes stay part of the text (RFC 2034).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from pymail.proto.line import LineReader

#: Octets of one reply line that are kept, and lines of one reply. RFC 5321 §4.5.3.1.5 says 512 octets; be generous.
REPLY_LINE_LIMIT: Final = 2048
REPLY_LINES_LIMIT: Final = 256


#: A code and what may stand behind it: a dash when more lines follow.
_START: Final = re.compile(r"([1-5][0-9][0-9])([ \t-]|\Z)")


class ReplyError(Exception):
    """The server's answer is no reply, or has no end."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply: the code, and its lines without code and separator."""

    code: int
    lines: tuple[str, ...]
    #: The octets, once they were made.
    _octets: list[bytes] = field(default_factory=list, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, code: int, text: str) -> Reply:
        """A reply whose lines are those of *text*, separated by LF."""
        return cls(code, tuple(text.split("\n")))

    @property
    def is_positive(self) -> bool:
        """2xx or 3xx."""
        return 200 <= self.code < 400

    @property
    def is_transient(self) -> bool:
        """4xx."""
        return 400 <= self.code < 500

    @property
    def is_permanent(self) -> bool:
        """5xx."""
        return self.code >= 500

    @property
    def text(self) -> str:
        """All of it on one line, each line with its code, as it is logged and reported."""
        last = len(self.lines) - 1
        if not last:
            return f"{self.code} {self.lines[0]}".rstrip()
        return " ".join(
            f"{self.code}{' ' if number == last else '-'}{line}".rstrip() for number, line in enumerate(self.lines)
        )

    def wire(self) -> bytes:
        """The octets of the reply. Most replies are constants, so they are kept."""
        if not self._octets:
            lines = self.lines
            text = "".join([f"{self.code}-{line}\r\n" for line in lines[:-1]]) + f"{self.code} {lines[-1]}\r\n"
            self._octets.append(text.encode("utf-8", "surrogateescape"))
        return self._octets[0]


class ReplyReader:
    """Replies out of a stream of octets.

    A line without a code belongs to the reply that is going on, and does not end it; lines with different codes form
    one reply with the code of the last, as in Postfix.
    """

    __slots__ = ("_lines", "_reader")

    def __init__(self) -> None:
        self._reader = LineReader(REPLY_LINE_LIMIT)
        self._lines: list[str] = []

    def feed(self, data: bytes) -> None:
        """Add octets from the server."""
        self._reader.feed(data)

    @property
    def has_pending(self) -> bool:
        """Whether octets or lines are waiting for the end of their reply."""
        return self._reader.has_pending or bool(self._lines)

    def take(self) -> bytes:
        """Hand over the octets that form no line yet (STARTTLS: there must be none)."""
        return self._reader.take()

    def next_reply(self) -> Reply | None:
        """Return the next complete reply.

        Raises:
            ReplyError: a reply of too many lines.
        """
        while (line := self._reader.next_line()) is not None:
            text = line.decode("utf-8", "surrogateescape")
            start = _START.match(text)
            if start is not None and start[2] != "-":
                reply = Reply(int(start[1]), (*self._lines, text[4:]) if self._lines else (text[4:],))
                self._lines.clear()
                return reply
            self._lines.append(text if start is None else text[4:])
            if len(self._lines) > REPLY_LINES_LIMIT:
                raise ReplyError(f"reply of more than {REPLY_LINES_LIMIT} lines")
        return None
