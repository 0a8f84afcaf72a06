"""The content of a queue file: as a stream of octets with any line end, or line by line.

For delivery agents and bounce messages. The file is open; the content begins at the SIZE record's data offset and ends
at `X`. Lines are joined in blocks, an object per line only where a caller asks for lines.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from pymail.proto.line import DataWriter
from pymail.proto.record import RecordType, text_lines
from pymail.queue.reader import CorruptFileError, read_records

#: Octets of content that are joined before they are handed out.
CHUNK_SIZE: Final = 64 * 1024

_EXTRACTED: Final = bytes((RecordType.EXTRACTED,))


def content_chunks(fd: int, data_offset: int, *, eol: bytes = b"\n", dot_stuff: bool = False) -> Iterator[bytes]:
    """Yield the content in blocks, each line ended with *eol*; raises CorruptFileError, OSError.

    With *dot_stuff* leading dots are doubled (RFC 5321 §4.5.2); the ending dot is the caller's.
    """
    writer = DataWriter() if dot_stuff else None
    at_end = False
    while not at_end:
        block, data_offset, at_end = _plain_block(fd, data_offset, eol)
        if not block:
            break
        yield block if writer is None else writer.stuff(block)
    if at_end:
        return
    parts: list[bytes] = []
    add = parts.append
    size = 0
    for _, record_type, data in read_records(fd, data_offset):
        if record_type == RecordType.TEXT:
            add(data)
            add(eol)
        elif record_type == RecordType.LONG_TEXT:
            add(data)
        elif record_type == RecordType.EXTRACTED:
            break
        else:
            raise CorruptFileError(f"unexpected record type {record_type} in the content")
        size += len(data)
        if size > CHUNK_SIZE:
            block = b"".join(parts)
            parts.clear()
            size = 0
            yield block if writer is None else writer.stuff(block)
    if parts:
        block = b"".join(parts)
        yield block if writer is None else writer.stuff(block)


def _plain_block(fd: int, offset: int, eol: bytes) -> tuple[bytes, int, bool]:
    """Return the text records from *offset* on, as many as one read gives, the offset behind them, and if that is `X`.

    The common case, without a generator's turn per line. It stops at any other record.
    """
    buffer = os.pread(fd, CHUNK_SIZE, offset)
    lines, end = text_lines(buffer)
    if lines:
        lines.append(b"")
    return eol.join(lines), offset + end, buffer[end : end + 1] == _EXTRACTED


def content_lines(fd: int, data_offset: int) -> Iterator[bytes]:
    """Yield the lines of the content without line ends, pieces of a long line joined; raises CorruptFileError."""
    pieces: list[bytes] = []
    for _, record_type, data in read_records(fd, data_offset):
        if record_type == RecordType.TEXT:
            if pieces:
                pieces.append(data)
                yield b"".join(pieces)
                pieces = []
            else:
                yield data
        elif record_type == RecordType.LONG_TEXT:
            pieces.append(data)
        elif record_type == RecordType.EXTRACTED:
            break
        else:
            raise CorruptFileError(f"unexpected record type {record_type} in the content")
    if pieces:
        yield b"".join(pieces)
