"""The message on sendmail's standard input as records of content. Light.

Takes the octets as they come, and gives records: mailbox `From ` lines at the start are left out, line ends lose their
CR, a line of a single dot ends the message unless it shall not. A line of line_length_limit octets or more becomes L
records. Postfix: sendmail(1), the enqueue mode.
"""

from __future__ import annotations

from pymail.proto.record import RecordType, encode, encode_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from pymail.commands.sendmail_header import HeaderScan

_FROM: Final = b"From "
#: Octets of one line that may wait for the header scan.
HEADER_LINE_LIMIT: Final = 1 << 20


def is_mailbox_separator(line: bytes) -> bool:
    """Say whether *line* is the `From ` line that mailbox files put in front of a message, maybe quoted."""
    return line.startswith((_FROM, b">")) and line.lstrip(b">").startswith(_FROM)


class ContentEncoder:
    """Makes records of a message. *header*, if given, takes the lines up to the end of the message header."""

    __slots__ = (
        "_at_start", "_continued", "_dot_ends", "_header", "_limit", "_skipping", "_strict", "_strip", "_tail",
        "_tailed", "ended",
    )  # fmt: skip

    def __init__(
        self, limit: int, *, dot_ends: bool, line_endings: str = "always", header: HeaderScan | None = None
    ) -> None:
        """*line_endings* is sendmail_fix_line_endings: always, strict, never."""
        self._limit = limit
        self._dot_ends = dot_ends
        self._strip = line_endings != "never"
        self._strict = line_endings == "strict"
        self._header = header
        #: With -t, each line of the body ends with an N record, also the last one.
        self._tailed = header is not None
        self._tail = b""
        #: The record before was an L record.
        self._continued = False
        self._at_start = True
        #: The rest of an overlong header line is on its way.
        self._skipping = False
        #: The dot was read.
        self.ended = False

    def receive(self, octets: bytes) -> bytes:
        """Take octets; return the records of all complete lines."""
        if self.ended:
            return b""
        lines = (self._tail + octets).split(b"\n")
        self._tail = lines.pop()
        output: list[bytes] = []
        if self._skipping and lines:
            del lines[0]
            self._skipping = False
        if lines:
            self._take(lines, output)
        elif self._skipping:
            self._tail = b""
        if self._header is not None and len(self._tail) > HEADER_LINE_LIMIT and not self.ended:
            # Much too long for a header: what it is, its beginning says. Of a header, the rest is left out.
            self._at_start = False
            if self._scan([self._tail], output):
                self._tail = b""
                self._skipping = True
        if self._header is None and len(self._tail) >= self._limit and not self.ended:
            self._tail = self._pieces(self._tail, output)
        return b"".join(output)

    def finish(self) -> bytes:
        """Return the records of what is left: a last line without line end is an L record."""
        if self.ended:
            return b""
        self.ended = True
        output: list[bytes] = []
        tail, self._tail = self._tail, b""
        if self._header is not None:
            if tail and self._scan([tail], output):
                tail = b""
            if self._header is not None:
                output.append(self._header.finish())
        if tail:
            tail = self._pieces(tail, output)
        if tail:
            output.append(encode(RecordType.LONG_TEXT, tail))
        if self._continued and self._tailed:
            output.append(encode(RecordType.TEXT))
        return b"".join(output)

    def _take(self, lines: list[bytes], output: list[bytes]) -> None:
        if self._strict and self._at_start:
            self._strict = False
            self._strip = lines[0].endswith(b"\r")
        if self._continued:
            self._emit_long(lines.pop(0), output)
        if self._strip and any(b"\r" in line for line in lines):
            # Of a long line only the last piece is stripped: not here.
            limit = self._limit
            lines = [line.rstrip(b"\r") if len(line) < limit else line for line in lines]
        if self._at_start:
            self._skip_separators(lines)
        if self._dot_ends and b"." in lines:
            del lines[lines.index(b".") :]
            self.ended = True
            self._tail = b""
        if self._header is not None:
            del lines[: self._scan(lines, output)]
            if self.ended and self._header is not None:
                output.append(self._header.finish())
        if lines:
            self._emit(lines, output)

    def _skip_separators(self, lines: list[bytes]) -> None:
        count = 0
        while count < len(lines) and is_mailbox_separator(lines[count]) and len(lines[count]) < self._limit:
            count += 1
        del lines[:count]
        self._at_start = not lines

    def _scan(self, lines: list[bytes], output: list[bytes]) -> int:
        """Give *lines* to the header scan; return how many it took."""
        header = self._header
        assert header is not None
        used = header.receive([self._stripped(line) for line in lines])
        output.append(header.take_records())
        if header.ended:
            self._header = None
        return used

    def _stripped(self, line: bytes) -> bytes:
        return line.rstrip(b"\r") if self._strip else line

    def _emit(self, lines: list[bytes], output: list[bytes]) -> None:
        limit = self._limit
        if max(map(len, lines)) < limit:
            output.append(encode_lines(lines, limit))
            return
        for line in lines:
            if len(line) < limit:
                output.append(encode(RecordType.TEXT, line))
            else:
                self._emit_long(line, output)

    def _emit_long(self, line: bytes, output: list[bytes]) -> None:
        """Write a long line, or the end of one, up to its line end."""
        output.append(encode(RecordType.TEXT, self._stripped(self._pieces(line, output))))
        self._continued = False

    def _pieces(self, line: bytes, output: list[bytes]) -> bytes:
        """Write L records for as much of *line* as fills them; return the rest."""
        limit = self._limit
        whole = len(line) // limit * limit
        for start in range(0, whole, limit):
            output.append(encode(RecordType.LONG_TEXT, line[start : start + limit]))
        self._continued = True
        self._at_start = False
        return line[whole:]
