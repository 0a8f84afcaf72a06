"""The message as it goes to the server: headers that flags= asks for, CR LF line ends, long lines broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from pymail.daemons.smtp.settings import HeaderFlags
from pymail.ipc.delivery import DeliveryRequest
from pymail.mail.envelope import Recipient
from pymail.mail.quoting import quote
from pymail.util.text import to_bytes


def leading_headers(flags: HeaderFlags, request: DeliveryRequest, recipient: Recipient) -> bytes:
    """Return the header lines of `flags=DOR`, the last one on top."""
    lines = []
    if flags.return_path:
        lines.append(f"Return-Path: <{quote(request.sender)}>")
    if flags.original_to and recipient.original:
        lines.append(f"X-Original-To: {quote(recipient.original)}")
    if flags.delivered_to:
        lines.append(f"Delivered-To: {quote(recipient.address)}")
    return b"".join(to_bytes(line.replace("\r", "?").replace("\n", "?")) + b"\r\n" for line in lines)


class LineBreaker:
    """Breaks lines longer than *limit* octets with CR LF SPACE, as Postfix does; *on_break* is called once."""

    __slots__ = ("_column", "_limit", "_on_break")

    def __init__(self, limit: int, on_break: Callable[[], None]) -> None:
        self._limit = limit
        self._on_break: Callable[[], None] | None = on_break
        self._column = 0

    def feed(self, block: bytes) -> bytes:
        """Return *block* with short lines; a block may end in the middle of a line, but not between CR and LF."""
        lines = block.split(b"\r\n")
        if self._column + len(lines[0]) <= self._limit and len(max(lines, key=len)) <= self._limit:
            self._column = len(lines[-1]) if len(lines) > 1 else self._column + len(lines[0])
            return block
        if self._on_break is not None:
            self._on_break()
            self._on_break = None
        last = len(lines) - 1
        for number, line in enumerate(lines):
            lines[number] = self._break(line)
            if number < last:
                self._column = 0
        return b"\r\n".join(lines)

    def _break(self, line: bytes) -> bytes:
        """Break one line, or the piece of one that this block holds."""
        room = self._limit - self._column
        if len(line) <= room:
            self._column += len(line)
            return line
        pieces = [line[:room]]
        position = room
        step = max(self._limit - 1, 1)  # the space counts
        while position < len(line):
            pieces.append(line[position : position + step])
            position += step
        self._column = 1 + len(pieces[-1])
        return b"\r\n ".join(pieces)


def outgoing(head: bytes, chunks: Iterable[bytes], limit: int, on_break: Callable[[], None]) -> Iterator[bytes]:
    """Yield *head* and *chunks* with lines of *limit* octets at most; 0: as they are."""
    breaker = LineBreaker(limit, on_break) if limit else None
    for chunk in chunks:
        block = head + chunk if head else chunk
        head = b""
        yield block if breaker is None else breaker.feed(block)
    if head:
        yield head
