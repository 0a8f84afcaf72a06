"""The message that a report is about: when it came, and its content or header, from its queue file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from pymail.proto.record import RecordType
from pymail.queue.content import content_lines
from pymail.queue.reader import CorruptFileError, parse_sizes, parse_time, read_records


@dataclass(frozen=True, slots=True)
class Original:
    """What is known of the message; *lines* are without line ends."""

    arrival: float
    size: int
    header: tuple[bytes, ...]
    body: tuple[bytes, ...]

    @classmethod
    def unknown(cls, now: float) -> Original:
        """Stand in for a message that cannot be read."""
        return cls(now, 0, (), ())


def read_original(path: str, body_limit: int) -> Original:
    """Read the message at *path*; its body only when the content has at most *body_limit* octets.

    Raises OSError, CorruptFileError.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        arrival, size, data_offset = _envelope(fd)
        lines = content_lines(fd, data_offset)
        header = tuple(_header(lines))
        body = tuple(lines) if size <= body_limit else ()
    finally:
        os.close(fd)
    return Original(arrival, size, header, body)


def _envelope(fd: int) -> tuple[float, int, int]:
    """Return arrival, content size and content offset. A file that cleanup has not finished has no sizes yet."""
    arrival = 0.0
    size = data_offset = 0
    for offset, record_type, data in read_records(fd):
        if record_type == RecordType.MESSAGE_SIZE:
            size, data_offset = _sizes(data)
        elif record_type == RecordType.ARRIVAL_TIME and not arrival:
            arrival = parse_time(data)
        elif record_type == RecordType.MESSAGE:
            return arrival, size, data_offset or offset + 2
    raise CorruptFileError("no message content")


def _sizes(data: bytes) -> tuple[int, int]:
    try:
        sizes = parse_sizes(data)
    except CorruptFileError:  # cleanup has not finished the file that it reports on
        return 0, 0
    return sizes.size, sizes.data_offset


def _header(lines: Iterator[bytes]) -> Iterator[bytes]:
    for line in lines:
        if not line:
            return
        yield line
