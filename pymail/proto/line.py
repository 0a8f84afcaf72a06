"""The only framing of lines, end of data and leading dots, for every wire protocol that has them (SMTP, LMTP).

Three small machines without I/O: `LineReader` (commands and replies), `DataReader` (what follows DATA, un-stuffed),
and `DataWriter` (stuffed, and ended with the dot). What one of them has read is never read again by another rule: the
owner of a connection moves the octets that are left from one reader to the next with `take` and `feed`.

Smuggling (two servers that disagree about the end of a message) is a matter of this module alone:

- With `BareLinefeed.NORMALIZE` (the default) and `REJECT` the only end of data is CR LF "." CR LF; the CR LF
  that ends the DATA command counts as the first one. LF.LF, LF.CRLF, CRLF.LF, CRLF.CR, CR.CR, CRLF.CRCRLF are content.
  A line of such content that holds a dot alone is dropped: nobody after us shall see one.
- A line that ends in a bare LF is a line, so that content is passed on with one kind of line end, and a leading dot is
  un-stuffed and stuffed again by the same notion of a line.
- A bare CR is an ordinary octet here and never ends anything; what happens to it is the business of cleanup.

RFC 5321 §2.3.8, §4.1.1.4, §4.5.2.
"""

from __future__ import annotations

import enum
import re
from typing import Final

#: A line that holds a dot alone, by the lax rule (`BareLinefeed.NO`, `NOTE`): any line end before and after it.
_LAX_END: Final = re.compile(rb"\n\.\r*\n")
_LAX_END_AT_START: Final = re.compile(rb"\.\r*\n")
_MANY_CR: Final = re.compile(rb"\r+\n")
_LONE_DOT: Final = re.compile(rb"(?<=\n)\.\n")


class BareLinefeed(enum.Enum):
    """What a line feed without a carriage return means (smtpd_forbid_bare_newline)."""

    NO = "no"
    NOTE = "note"
    NORMALIZE = "normalize"
    REJECT = "reject"

    @property
    def is_strict(self) -> bool:
        """Whether data ends at CR LF "." CR LF only."""
        return self is BareLinefeed.NORMALIZE or self is BareLinefeed.REJECT


class LineReader:
    """Lines that end in LF or CR LF out of a stream of octets, cut at *limit* octets.

    The rest of a longer line is skipped up to its end, so a flood of octets without a line end costs no memory.
    """

    __slots__ = ("_buffer", "_skipping", "_start", "bare_linefeed", "limit", "truncated")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._buffer = b""
        self._start = 0
        self._skipping = False
        #: The last line ended in LF without CR.
        self.bare_linefeed = False
        #: The last line was longer than the limit.
        self.truncated = False

    def feed(self, data: bytes) -> None:
        """Add octets from the peer."""
        if self._start < len(self._buffer):
            self._buffer = self._buffer[self._start :] + data
        else:
            self._buffer = data
        self._start = 0

    @property
    def pending(self) -> bytes:
        """What came after the last line that was taken."""
        return self._buffer[self._start :]

    @property
    def has_pending(self) -> bool:
        """Whether something came after the last line that was taken."""
        return self._start < len(self._buffer)

    def take(self) -> bytes:
        """Hand over everything that is pending: the protocol goes on by another rule."""
        rest = self._buffer[self._start :]
        self._buffer = b""
        self._start = 0
        return rest

    def next_line(self) -> bytes | None:
        """Return the next line without its line end; None: it is not complete yet."""
        while True:
            start = self._start
            end = self._buffer.find(b"\n", start)
            if self._skipping:
                if end < 0:
                    self._buffer = b""
                    self._start = 0
                    return None
                self._start = end + 1
                self._skipping = False
                continue
            if end < 0:
                # One octet more than the limit may be the CR of a line end that is still to come.
                if len(self._buffer) - start <= self.limit + 1:
                    return None
                line = self._buffer[start : start + self.limit]
                self._start = start + self.limit
                self._skipping = True
                self.truncated = True
                self.bare_linefeed = False
                return line
            line = self._buffer[start:end]
            self._start = end + 1
            if line.endswith(b"\r"):
                self.bare_linefeed = False
                line = line[:-1]
                if line.endswith(b"\r"):
                    line = line.rstrip(b"\r")
            else:
                self.bare_linefeed = True
            self.truncated = len(line) > self.limit
            return line[: self.limit] if self.truncated else line


class DataReader:
    """Message content as DATA carries it: stuffed lines in, plain lines out, and where it ends.

    Content comes out in blocks in which each LF is the end of a line, CR LF and leading dots resolved. A block ends
    at the end of a line, unless a line is longer than *limit*: of such a line, whole pieces of *limit* octets come.
    """

    __slots__ = ("_after_crlf", "_at_line_start", "_rule", "_tail", "bare_linefeed", "finished", "limit", "rest")

    def __init__(self, rule: BareLinefeed, limit: int) -> None:
        self._rule = rule
        self.limit = limit
        self._tail = b""
        self._at_line_start = True
        self._after_crlf = True
        #: A line of the content, or the one before it, ended in LF without CR.
        self.bare_linefeed = False
        #: The end of data was seen.
        self.finished = False
        #: What followed the end of data.
        self.rest = b""

    def feed(self, data: bytes) -> bytes:
        """Add octets; return the content that is now certain, maybe none."""
        buffer = self._tail + data if self._tail else data
        end, after = self._find_end(buffer)
        if end >= 0:
            self.finished = True
            self.rest = buffer[after:]
            self._tail = b""
            if not buffer.endswith(b"\r\n", 0, after):
                self.bare_linefeed = True
            return self._plain(buffer[:end]) if end else b""
        cut = buffer.rfind(b"\n") + 1
        tail = buffer[cut:]
        block = self._plain(buffer[:cut]) if cut else b""
        if len(tail) > self.limit:
            # The tail has no LF, so a CR at the end of a piece that something follows is not half of a line end.
            size = (len(tail) - 1) // self.limit * self.limit
            block += self._plain_piece(tail[:size])
            tail = tail[size:]
        self._tail = tail
        return block

    def _find_end(self, buffer: bytes) -> tuple[int, int]:
        """Return where the content ends and where the next command starts; -1: not in here."""
        if self._rule.is_strict:
            if self._at_line_start and self._after_crlf and buffer.startswith(b".\r\n"):
                return 0, 3
            found = buffer.find(b"\r\n.\r\n")
            return (found + 2, found + 5) if found >= 0 else (-1, -1)
        if self._at_line_start and (match := _LAX_END_AT_START.match(buffer)):
            return 0, match.end()
        if match := _LAX_END.search(buffer):
            return match.start() + 1, match.end()
        return -1, -1

    def _plain(self, lines: bytes) -> bytes:
        """Resolve complete lines."""
        starts_line = self._at_line_start
        self._at_line_start = True
        self._after_crlf = lines.endswith(b"\r\n")
        # Cheaper than to count both kinds of line ends.
        if b"\n" in lines.replace(b"\r\n", b""):
            self.bare_linefeed = True
        if b"\r\r" in lines:
            plain = _MANY_CR.sub(b"\n", lines)
        else:
            plain = lines.replace(b"\r\n", b"\n")
        if b"\n." in plain:
            if b"\n.\n" in plain:
                plain = _LONE_DOT.sub(b"", plain)
            plain = plain.replace(b"\n.", b"\n")
        if starts_line and plain.startswith(b"."):
            return plain[2:] if plain.startswith(b".\n") else plain[1:]
        return plain

    def _plain_piece(self, piece: bytes) -> bytes:
        """Resolve the start or the middle of a long line."""
        starts_line = self._at_line_start
        self._at_line_start = False
        self._after_crlf = False
        return piece[1:] if starts_line and piece.startswith(b".") else piece


class ChunkReader:
    """Message content as BDAT carries it: counted octets, nothing is stuffed, a line may go on in the next chunk.

    Blocks come out as from `DataReader`. RFC 3030 §2.
    """

    __slots__ = ("_tail", "bare_linefeed", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._tail = b""
        #: A line ended in LF without CR.
        self.bare_linefeed = False

    def feed(self, data: bytes) -> bytes:
        """Add octets of a chunk; return the content that is now certain, maybe none."""
        buffer = self._tail + data if self._tail else data
        cut = buffer.rfind(b"\n") + 1
        tail = buffer[cut:]
        block = self._plain(buffer[:cut]) if cut else b""
        if len(tail) > self.limit:
            size = (len(tail) - 1) // self.limit * self.limit
            block += tail[:size]
            tail = tail[size:]
        self._tail = tail
        return block

    def end(self) -> bytes:
        """Return the line that the last chunk left open."""
        tail = self._tail
        self._tail = b""
        return tail.rstrip(b"\r") + b"\n" if tail else b""

    def _plain(self, lines: bytes) -> bytes:
        if lines.count(b"\r\n") != lines.count(b"\n"):
            self.bare_linefeed = True
        return _MANY_CR.sub(b"\n", lines) if b"\r\r" in lines else lines.replace(b"\r\n", b"\n")


class DataWriter:
    """Message content on its way out: leading dots are stuffed, and the end is a dot alone.

    The blocks have CR LF line ends already; a block may end anywhere.
    """

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = b"\r\n"

    def stuff(self, block: bytes) -> bytes:
        """Return *block* as it goes on the wire."""
        if not block:
            return b""
        stuffed = block.replace(b"\n.", b"\n..") if b"\n." in block else block
        if self._last.endswith(b"\n") and block.startswith(b"."):
            stuffed = b"." + stuffed
        self._last = block[-2:] if len(block) > 1 else self._last[-1:] + block
        return stuffed

    def end(self) -> bytes:
        """Return the end of data, and the line end that the content may lack before it."""
        return b".\r\n" if self._last == b"\r\n" else b"\r\n.\r\n"
