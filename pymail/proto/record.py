"""Queue records: the framing of queue files and of the stream that cleanup reads.

A record is a type octet, a length (base 128, least significant group first, bit 7 says that another group follows) and
that many octets. Nothing else frames a queue file: no magic number, no header. Types are integers, as indexing `bytes`
gives them. This module knows no order of records; what ends a stream, and what may come where, is its users' matter.
Imported by the short-lived commands: keep it light.
"""

from __future__ import annotations

from itertools import chain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Final


class RecordType:
    """The type octets; the names are what postcat calls them."""

    MESSAGE_SIZE: Final = 0x43  # C
    ARRIVAL_TIME: Final = 0x54  # T
    CREATE_TIME: Final = 0x63  # c, never written
    FULL_NAME: Final = 0x46  # F
    INSPECTOR: Final = 0x49  # I
    FILTER: Final = 0x4C  # L in an envelope or the extracted segment
    SENDER: Final = 0x53  # S
    DONE: Final = 0x44  # D
    RECIPIENT: Final = 0x52  # R
    ORIGINAL_RECIPIENT: Final = 0x4F  # O
    CANCELED: Final = 0x2F  # /
    WARNING_TIME: Final = 0x57  # W
    ATTRIBUTE: Final = 0x41  # A
    KILLED: Final = 0x4B  # K
    REDIRECT: Final = 0x3E  # >
    FLAGS: Final = 0x66  # f, wire only
    DELAY: Final = 0x64  # d, wire only
    MILTERS: Final = 0x6D  # m, wire only
    MESSAGE: Final = 0x4D  # M
    TEXT: Final = 0x4E  # N
    LONG_TEXT: Final = 0x4C  # L in the content
    PADDING: Final = 0x77  # w
    EXTRACTED: Final = 0x58  # X
    RETURN_RECEIPT: Final = 0x72  # r
    ERRORS_TO: Final = 0x65  # e
    PRIORITY: Final = 0x50  # P
    POINTER: Final = 0x70  # p
    VERP: Final = 0x56  # V
    DSN_RETURN: Final = 0x3C  # <
    DSN_ENVELOPE_ID: Final = 0x69  # i
    DSN_ORIGINAL_RECIPIENT: Final = 0x6F  # o
    DSN_NOTIFY: Final = 0x6E  # n
    END: Final = 0x45  # E


#: Which types a segment may hold (cleanup, qmgr, pickup), and what postdrop takes from a user.
ENVELOPE_TYPES: Final = frozenset(b"MCTcFILSDRO/WVA>K<ion")
CONTENT_TYPES: Final = frozenset(b"XLNw")
EXTRACTED_TYPES: Final = frozenset(b"EDRO/PreAFIL>Kon")
POSTDROP_ENVELOPE_TYPES: Final = frozenset(b"MCFSRVAin")
POSTDROP_CONTENT_TYPES: Final = frozenset(b"XLN")
POSTDROP_EXTRACTED_TYPES: Final = frozenset(b"EAR")
#: The tail of a segment in which recipients stand alone.
RECIPIENT_TYPES: Final = frozenset(b"DRO/Kon")

#: What a reader takes from a peer as one record. Text is cut at line_length_limit, so nothing honest comes near.
RECORD_LIMIT: Final = 1 << 20
#: A length of more than 4 groups does not fit a 32-bit integer.
LENGTH_GROUPS: Final = 4
#: Octets of a pointer record: type, length, 15 digits.
POINTER_SIZE: Final = 17


class RecordError(Exception):
    """The octets are no records, or a record is longer than allowed."""


def _encode_length(length: int) -> bytes:
    groups = bytearray()
    while length > 127:
        groups.append(length & 127 | 128)
        length >>= 7
    groups.append(length)
    return bytes(groups)


class _Heads(dict[int, bytes]):
    """Type and length of a record by the length of its data: looked up for short ones, computed for others."""

    def __init__(self, record_type: int) -> None:
        super().__init__((length, bytes((record_type, length))) for length in range(128))
        self._type = bytes((record_type,))

    def __missing__(self, length: int) -> bytes:
        return self._type + _encode_length(length)


_TEXT_HEADS: Final = _Heads(RecordType.TEXT)


def encode(record_type: int, data: bytes = b"") -> bytes:
    """Return the record."""
    length = len(data)
    if length < 128:
        return bytes((record_type, length)) + data
    return bytes((record_type,)) + _encode_length(length) + data


def encode_text(record_type: int, text: str) -> bytes:
    """Return the record whose data is *text*."""
    return encode(record_type, text.encode("utf-8", "surrogateescape"))


def encode_attribute(name: str, value: str | int) -> bytes:
    """Return the named attribute *name* = *value*."""
    return encode(RecordType.ATTRIBUTE, f"{name}={value}".encode("utf-8", "surrogateescape"))


def encode_pointer(offset: int) -> bytes:
    """Return the pointer to *offset*; 0 points nowhere (a place holder)."""
    return encode(RecordType.POINTER, b"%15d" % offset)


def encode_long_line(line: bytes, limit: int) -> bytes:
    """Return one line of content in pieces of *limit* octets: L records and a last N."""
    last = max(len(line) - 1, 0) // limit * limit
    pieces = [encode(RecordType.LONG_TEXT, line[start : start + limit]) for start in range(0, last, limit)]
    pieces.append(encode(RecordType.TEXT, line[last:]))
    return b"".join(pieces)


def encode_lines(lines: list[bytes], limit: int) -> bytes:
    """Return *lines* (without line ends) as content; a line over *limit* octets is cut into L records and an N."""
    if len(lines) < 2:
        if not lines:
            return b""
        return encode(RecordType.TEXT, lines[0]) if len(lines[0]) <= limit else encode_long_line(lines[0], limit)
    lengths = list(map(len, lines))
    if max(lengths) <= limit:
        return b"".join(chain.from_iterable(zip(map(_TEXT_HEADS.__getitem__, lengths), lines, strict=True)))
    heads = _TEXT_HEADS
    return b"".join(
        [heads[len(line)] + line if len(line) <= limit else encode_long_line(line, limit) for line in lines]
    )


def decode_long_length(buffer: bytes, offset: int) -> tuple[int, int] | None:
    """Return (length, offset of the data) of the length field at *offset*; None when it is cut off."""
    length = 0
    for group in range(LENGTH_GROUPS):
        if offset >= len(buffer):
            return None
        octet = buffer[offset]
        offset += 1
        length |= (octet & 127) << (7 * group)
        if octet < 128:
            return length, offset
    raise RecordError("record length does not fit")


def parse(buffer: bytes, offset: int = 0) -> Iterator[tuple[int, int, bytes]]:
    """Yield (offset, type, data) of every record in *buffer*; raises RecordError where a record is cut off."""
    size = len(buffer)
    while offset < size:
        if offset + 1 >= size:
            raise RecordError("unexpected end of file in a record length")
        length = buffer[offset + 1]
        start = offset + 2
        if length > 127:
            long_length = decode_long_length(buffer, offset + 1)
            if long_length is None:
                raise RecordError("unexpected end of file in a record length")
            length, start = long_length
        end = start + length
        if end > size:
            raise RecordError("unexpected end of file in record data")
        yield offset, buffer[offset], buffer[start:end]
        offset = end


def split(buffer: bytes, limit: int = RECORD_LIMIT) -> tuple[list[tuple[int, bytes]], int]:
    """Return the complete records at the start of *buffer* and the offset behind them; RecordError over *limit*."""
    records: list[tuple[int, bytes]] = []
    add = records.append
    size = len(buffer)
    offset = 0
    while offset + 1 < size:
        length = buffer[offset + 1]
        start = offset + 2
        if length > 127:
            long_length = decode_long_length(buffer, offset + 1)
            if long_length is None:
                break
            length, start = long_length
            if length > limit:
                raise RecordError("record too long")
        end = start + length
        if end > size:
            break
        add((buffer[offset], buffer[start:end]))
        offset = end
    return records, offset


def text_run(buffer: bytes, offset: int = 0, limit: int = RECORD_LIMIT) -> int:
    """Return the offset behind the complete N and L records that stand at *offset*; RecordError over *limit*.

    With it a body is passed on, or joined, without an object per line.
    """
    size = len(buffer)
    while offset + 1 < size:
        record_type = buffer[offset]
        if record_type != 0x4E and record_type != 0x4C:  # noqa: PLR1714 (a tuple costs a third more)
            break
        length = buffer[offset + 1]
        if length < 128:
            end = offset + 2 + length
        else:
            long_length = decode_long_length(buffer, offset + 1)
            if long_length is None:
                break
            if long_length[0] > limit:
                raise RecordError("record too long")
            end = long_length[0] + long_length[1]
        if end > size:
            break
        offset = end
    return offset


def text_lines(buffer: bytes, offset: int = 0) -> tuple[list[bytes], int]:
    """Return the data of the complete N records that stand at *offset*, and the offset behind them.

    It also stops at a record of more than 16,383 octets; what stops it is the caller's to read.
    """
    lines: list[bytes] = []
    add = lines.append
    size = len(buffer)
    while offset + 1 < size and buffer[offset] == 0x4E:
        length = buffer[offset + 1]
        start = offset + 2
        if length > 127:
            if start >= size or buffer[start] > 127:
                break
            length = (length & 127) | buffer[start] << 7
            start += 1
        end = start + length
        if end > size:
            break
        add(buffer[start:end])
        offset = end
    return lines, offset


def next_record(buffer: bytes, offset: int = 0, limit: int = RECORD_LIMIT) -> tuple[int, bytes, int] | None:
    """Return (type, data, offset behind it) of the record at *offset*, or None when it is cut off.

    Raises RecordError when it is over *limit*.
    """
    if offset + 1 >= len(buffer):
        return None
    length = buffer[offset + 1]
    start = offset + 2
    if length > 127:
        long_length = decode_long_length(buffer, offset + 1)
        if long_length is None:
            return None
        length, start = long_length
    if length > limit:
        raise RecordError("record too long")
    end = start + length
    if end > len(buffer):
        return None
    return buffer[offset], buffer[start:end], end


class RecordReader:
    """Cuts a stream of octets into records; any split of the input gives the same records."""

    __slots__ = ("_buffer", "_limit")

    def __init__(self, limit: int = RECORD_LIMIT) -> None:
        self._buffer = b""
        self._limit = limit

    def feed(self, data: bytes) -> None:
        """Take octets from the peer."""
        self._buffer = self._buffer + data if self._buffer else bytes(data)

    @property
    def pending(self) -> bytes:
        """The octets behind the last record that was returned."""
        return self._buffer

    def take_pending(self) -> bytes:
        """Return the octets behind the last record and forget them: another protocol reads on."""
        rest, self._buffer = self._buffer, b""
        return rest

    def next_record(self) -> tuple[int, bytes] | None:
        """Return the next complete (type, data), or None; raises RecordError."""
        found = next_record(self._buffer, 0, self._limit)
        if found is None:
            return None
        record_type, data, end = found
        self._buffer = self._buffer[end:]
        return record_type, data

    def records(self) -> list[tuple[int, bytes]]:
        """Return all complete records (type, data); raises RecordError."""
        records, end = split(self._buffer, self._limit)
        if end:
            self._buffer = self._buffer[end:]
        return records

    def text_run(self) -> bytes:
        """Return the undivided octets of the N and L records that come next (maybe none); raises RecordError."""
        end = text_run(self._buffer, 0, self._limit)
        run = self._buffer[:end]
        if end:
            self._buffer = self._buffer[end:]
        return run


def split_attribute(data: bytes) -> tuple[str, str] | None:
    """Return (name, value) of a named attribute, blanks around both removed; None when there is no `=` or no name."""
    name, equals, value = data.decode("utf-8", "surrogateescape").partition("=")
    name = name.strip(" \t")
    if not equals or not name:
        return None
    return name, value.strip(" \t")


def encode_all(records: Iterable[tuple[int, bytes]]) -> bytes:
    """Return *records* (type, data) as octets."""
    return b"".join([encode(record_type, data) for record_type, data in records])
