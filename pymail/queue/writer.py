"""A new queue file: its creation, and its octets on their way to the committer.

The file is created under a temporary name, so that its inode is known, and renamed to its ID; it stays open. Its mode
says "being written" until the committer has all octets. Files up to SPILL_SIZE are kept in memory and written at once,
the SIZE record filled in already; of bigger ones, pieces are handed to the committer while they arrive.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pymail.queue.directories import QueueLayout
from pymail.queue.names import make_id, make_long_id

WRITING_MODE: Final = 0o600
#: Octets that a message may keep in memory.
SPILL_SIZE: Final = 1 << 20
_MILLION: Final = 1_000_000
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


@dataclass(slots=True)
class QueueFile:
    """An open queue file; the owner of the value owns the descriptor. *created* is the epoch second in its ID."""

    fd: int
    queue_id: str
    queue_name: str
    path: str
    created: int

    def remove(self) -> None:
        """Close the file and remove it; errors are ignored, a file without its final mode means nothing."""
        close(self.fd)
        try:
            os.unlink(self.path)
        except OSError:
            pass


def close(fd: int) -> None:
    """Close *fd*, whatever happened to it."""
    try:
        os.close(fd)
    except OSError:
        pass


class FileCreator:
    """Makes queue files: *mode* while they are written, long or short IDs, the clock."""

    __slots__ = ("_clock", "_layout", "_long_ids", "_mode", "_suffix")

    def __init__(
        self,
        layout: QueueLayout,
        *,
        long_ids: bool = False,
        mode: int = WRITING_MODE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._layout = layout
        self._long_ids = long_ids
        self._mode = mode
        self._clock = clock
        self._suffix = f".{os.getpid()}"

    def create(self, queue_name: str) -> QueueFile:
        """Create an empty file with a new ID in *queue_name*; raises OSError."""
        fd, temporary = self._create_temporary(queue_name)
        try:
            inode = os.fstat(fd).st_ino
            now = self._clock()
            second = int(now)
            microsecond = int((now - second) * _MILLION)
            queue_id = make_long_id(inode, second, microsecond) if self._long_ids else make_id(inode, microsecond)
            path = self._layout.path(queue_name, queue_id)
            try:
                os.rename(temporary, path)
            except FileNotFoundError:
                self._layout.make_parent(path)
                os.rename(temporary, path)
        except OSError:
            os.close(fd)
            os.unlink(temporary)
            raise
        return QueueFile(fd, queue_id, queue_name, path, second)

    def _create_temporary(self, queue_name: str) -> tuple[int, str]:
        directory = f"{self._layout.root}{queue_name}/"
        while True:
            microsecond = int(self._clock() * _MILLION) % _MILLION
            path = f"{directory}{microsecond}{self._suffix}"
            try:
                return os.open(path, _FLAGS, self._mode), path
            except FileExistsError:
                continue
