"""Make file data reach the disk: start the write-back early, wait for it later."""

from __future__ import annotations

import ctypes
import os
from typing import Final

_SYNC_FILE_RANGE_WRITE: Final = 2  # linux/fs.h


class WriteBack:
    """`sync_file_range` of the C library; a hint, whose errors and absence do not matter."""

    __slots__ = ("_call",)

    def __init__(self) -> None:
        try:
            call = ctypes.CDLL(None).sync_file_range
            call.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint]
            call.restype = ctypes.c_int
        except (OSError, AttributeError):
            call = None
        self._call = call

    def start(self, fd: int) -> None:
        """Start to write out what is dirty in the file, without waiting. Releases the GIL."""
        if self._call is not None:
            self._call(fd, 0, 0, _SYNC_FILE_RANGE_WRITE)


def sync_file(fd: int) -> None:
    """Wait until data and size of the file are on disk. Raises OSError. Releases the GIL."""
    os.fsync(fd)


def sync_directory(path: str) -> None:
    """Wait until the entries of the directory are on disk. Raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
