"""The flow-control pipe: tokens that qmgr puts in and cleanup takes out (spec: master, flow control)."""

from __future__ import annotations

import fcntl
import os
import struct
import termios


class FlowPipe:
    """Both ends of the pipe that the master made."""

    __slots__ = ("read_fd", "write_fd")

    def __init__(self, read_fd: int, write_fd: int) -> None:
        self.read_fd = read_fd
        self.write_fd = write_fd

    def take(self) -> bool:
        """Take one token; False when there is none."""
        try:
            return len(os.read(self.read_fd, 1)) == 1
        except OSError:
            return False

    def put(self, count: int = 1) -> None:
        """Put *count* tokens in; a full pipe takes no more."""
        try:
            os.write(self.write_fd, b"\0" * count)
        except OSError:
            pass

    def drain(self, count: int) -> None:
        """Take up to *count* tokens out."""
        try:
            os.read(self.read_fd, count)
        except OSError:
            pass

    def count(self) -> int:
        """Return the number of tokens in the pipe."""

        try:
            answer = fcntl.ioctl(self.read_fd, termios.FIONREAD, b"\0\0\0\0")
        except OSError:
            return 0
        (number,) = struct.unpack("=i", answer)
        return int(number)
