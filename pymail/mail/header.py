"""Message headers: which line is one, how lines make one header, and what each known name means to us.

Octets throughout. Lines come without their line ending; the lines of a folded header are joined with line feeds.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

#: A name of printable ASCII, then blanks that are tolerated, then the colon (RFC 5322 §2.2, obsolete form §4.5).
_HEADER_LINE: Final = re.compile(rb"([!-9;-~]+)[ \t]*:")


class HeaderKind(enum.Flag):
    """What cleanup, sendmail and the delivery agents do with a header of that name."""

    NONE = 0
    #: Its body is an address list; rewritten as a sender or as a recipient.
    SENDER = enum.auto()
    RECIPIENT = enum.auto()
    #: `sendmail -t` takes recipients from it.
    EXTRACT = enum.auto()
    #: Belongs to a Resent- block (RFC 5322 §3.6.6).
    RESENT = enum.auto()
    #: Never passed on.
    DROP = enum.auto()
    #: Describes the MIME structure.
    MIME = enum.auto()

    ADDRESS = SENDER | RECIPIENT


_SENDER: Final = HeaderKind.SENDER
_RECIPIENT: Final = HeaderKind.RECIPIENT
_TO: Final = HeaderKind.RECIPIENT | HeaderKind.EXTRACT
_RESENT: Final = HeaderKind.RESENT

#: Known names in lower case. DROP is the documented default of message_drop_headers.
# Postfix rewrites Resent-Reply-To as a recipient (seen on 3.7), unlike Reply-To.
HEADER_KINDS: Final = {
    b"apparently-to": _RECIPIENT,
    b"bcc": _TO | HeaderKind.DROP,
    b"cc": _TO,
    b"content-description": HeaderKind.MIME,
    b"content-disposition": HeaderKind.MIME,
    b"content-id": HeaderKind.MIME,
    b"content-length": HeaderKind.DROP,
    b"content-transfer-encoding": HeaderKind.MIME,
    b"content-type": HeaderKind.MIME,
    b"disposition-notification-to": _SENDER,
    b"errors-to": _SENDER,
    b"from": _SENDER,
    b"mail-followup-to": _SENDER,
    b"mime-version": HeaderKind.MIME,
    b"reply-to": _SENDER,
    b"resent-bcc": _TO | _RESENT | HeaderKind.DROP,
    b"resent-cc": _TO | _RESENT,
    b"resent-date": _RESENT,
    b"resent-from": _SENDER | _RESENT,
    b"resent-message-id": _RESENT,
    b"resent-reply-to": _RECIPIENT | _RESENT,
    b"resent-sender": _SENDER | _RESENT,
    b"resent-to": _TO | _RESENT,
    b"return-path": _SENDER | HeaderKind.DROP,
    b"return-receipt-to": _SENDER,
    b"sender": _SENDER,
    b"to": _TO,
}


@dataclass(frozen=True, slots=True)
class Header:
    """One logical header; *raw* is all of it with its inner line feeds."""

    raw: bytes
    name_length: int

    @property
    def name(self) -> bytes:
        """The name as written."""
        return self.raw[: self.name_length]

    @property
    def key(self) -> bytes:
        """The name in lower case."""
        return self.raw[: self.name_length].lower()

    @property
    def body(self) -> bytes:
        """What follows the colon, blanks and folding included."""
        return self.raw[self.raw.index(b":", self.name_length) + 1 :]

    @property
    def kind(self) -> HeaderKind:
        """What the name means to us."""
        return HEADER_KINDS.get(self.key, HeaderKind.NONE)

    def unfolded(self) -> bytes:
        """The body on one line, without the blanks around it."""
        return self.body.replace(b"\n", b"").strip(b" \t")

    def with_body(self, body: bytes) -> Header:
        """This header with another body; *body* begins with its blank."""
        return Header(self.name + b":" + body, self.name_length)

    def lines(self) -> list[bytes]:
        """The physical lines."""
        return self.raw.split(b"\n")


def header_name_length(line: bytes) -> int:
    """Length of the header name at the start of *line*; 0 when this is no header line."""
    match = _HEADER_LINE.match(line)
    return match.end(1) if match is not None else 0


def parse_header(raw: bytes) -> Header | None:
    """Return the header that *raw* (one logical line) is, with blanks before the colon taken out."""
    match = _HEADER_LINE.match(raw)
    if match is None:
        return None
    if match.end(1) + 1 != match.end():
        raw = match[1] + raw[match.end() - 1 :]
    return Header(raw, match.end(1))


def is_continuation(line: bytes) -> bool:
    """Tell whether *line* goes on with the header before it."""
    return line[:1] in (b" ", b"\t")


class HeaderCollector:
    """Puts lines together to headers, for a message that comes line by line.

    `add` gives the header that the line completes. After a line that is neither header nor continuation `ended` is
    true; that line (`stopped_at`: empty for the separator) is not consumed. What exceeds *limit* octets
    (header_size_limit) of one header is dropped.
    """

    __slots__ = ("_limit", "_pending", "_size", "ended", "stopped_at")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pending: list[bytes] = []
        self._size = 0
        self.ended = False
        self.stopped_at: bytes | None = None

    def add(self, line: bytes) -> Header | None:
        """Take one line; return the header before it when the line does not belong to that."""
        if self._pending and is_continuation(line):
            self._append(b"\n" + line)
            return None
        done = self.finish()
        if header_name_length(line):
            self._append(line)
        else:
            self.ended = True
            self.stopped_at = line
        return done

    def finish(self) -> Header | None:
        """Return the header that is still open, at the end of the message."""
        if not self._pending:
            return None
        raw = b"".join(self._pending)
        self._pending = []
        self._size = 0
        return parse_header(raw)

    def _append(self, piece: bytes) -> None:
        room = self._limit - self._size
        if room > 0:
            self._pending.append(piece[:room])
            self._size += len(piece)


def iterate_headers(lines: Iterable[bytes], limit: int) -> Iterator[Header]:
    """The headers at the start of *lines*, up to the first line that is none."""
    collector = HeaderCollector(limit)
    for line in lines:
        header = collector.add(line)
        if header is not None:
            yield header
        if collector.ended:
            return
    last = collector.finish()
    if last is not None:
        yield last
