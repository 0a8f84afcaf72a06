"""Marks in a committed queue file: a recipient is done, the delay warning is sent, a record is killed, it is corrupt.

Each mark overwrites octets in place; sizes and offsets never change, so that a reader that comes in between sees the
old or the new value and nothing else.
"""

from __future__ import annotations

import os
import stat
from typing import Final

from pymail.proto.record import RecordType

#: Mode bits of the owner; exactly 0700 says that the file is complete.
READY_MODE: Final = 0o700
CORRUPT_MODE: Final = 0o400
#: Set by flush for one message: dead destinations do not count.
UNTHROTTLE_MODE: Final = 0o040
#: Set by postsuper -e: return the message at its next pass.
EXPIRE_MODE: Final = 0o010

_WARNING_DIGITS: Final = 15


class MarkError(Exception):
    """The octets at that offset are not what they should be: nothing was changed."""


def is_ready(mode: int) -> bool:
    """Say whether *mode* is that of a complete file."""
    return mode & READY_MODE == READY_MODE and stat.S_ISREG(mode)


def _replace_type(fd: int, offset: int, old: bytes, new: bytes) -> None:
    found = os.pread(fd, 1, offset)
    if found == new:
        return
    if found != old:
        raise MarkError(f"record type {found!r} at offset {offset}, want {old!r}")
    os.pwrite(fd, new, offset)


def mark_done(file: int | str, offset: int) -> None:
    """Turn the recipient record at *offset* into a done one; raises OSError, MarkError.

    *file* is a descriptor or a path. An offset of 0 or less names no record: nothing is done.
    """
    if offset <= 0:
        return
    fd = file if isinstance(file, int) else os.open(file, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _replace_type(fd, offset, b"R", b"D")
    finally:
        if fd is not file:
            os.close(fd)


def kill_attribute(fd: int, offset: int) -> None:
    """Turn the attribute record at *offset* into one that readers skip; raises OSError, MarkError."""
    _replace_type(fd, offset, b"A", b"K")


def mark_warned(fd: int, offset: int) -> None:
    """Write -1 into the delay warning record at *offset*: the warning was sent; raises OSError, MarkError."""
    head = bytes((RecordType.WARNING_TIME, _WARNING_DIGITS))
    if os.pread(fd, len(head), offset) != head:
        raise MarkError(f"no warning time record at offset {offset}")
    os.pwrite(fd, b"%15d" % -1, offset + len(head))


def mark_corrupt(fd: int) -> None:
    """Set the mode that makes qmgr move the file to the corrupt queue; raises OSError."""
    os.fchmod(fd, CORRUPT_MODE)
