"""Files that hold a process number and are locked for as long as the process lives.

The format is Postfix's: the number right-aligned in 32 columns and a newline. The lock is `flock`, exclusive.
"""

from __future__ import annotations

import os
import stat
from typing import Final

from pymail.unix import locks

_WIDTH: Final = 32


class LockedError(OSError):
    """Another process holds the lock."""


def create(path: str) -> int:
    """Open (or make) and lock the file; return its descriptor. Raises LockedError, OSError."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(f"{path}: file is not a regular file")
        if not locks.lock(fd):
            raise LockedError(f"unable to set exclusive lock: {path}")
    except OSError:
        os.close(fd)
        raise
    return fd


def write(fd: int, pid: int) -> None:
    """Write the number into the locked file. Raises OSError."""
    os.pwrite(fd, f"{pid:>{_WIDTH}}\n".encode(), 0)
    os.ftruncate(fd, _WIDTH + 1)


def read(path: str) -> int:
    """Return the number in the file, 0 when there is none."""
    try:
        with open(path, "rb") as file:
            text = file.readline().strip()
    except OSError:
        return 0
    return int(text) if text.isdigit() else 0


def is_locked(path: str) -> bool:
    """Whether a process holds the lock. Raises OSError other than a missing file."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not locks.lock(fd)
    finally:
        os.close(fd)


def is_alive(pid: int) -> bool:
    """Whether a process of this number exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0
