"""A new file in the maildrop: what `postdrop` writes, and `sendmail` where it may write there itself. Light.

The file has a queue ID from the start; its mode says "being written" until `finish` has synced it. `octets_left` holds
it to message_size_limit. Whoever is interrupted before that calls `remove`.
"""

from __future__ import annotations

import os
import time

from pymail.proto.record import RecordType, encode
from pymail.queue.names import make_id, make_long_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

QUEUE: Final = "maildrop"
WRITING_MODE: Final = 0o644
#: Complete, and readable for pickup whoever owns it.
FINAL_MODE: Final = 0o744
#: Octets that wait for one write.
BUFFER: Final = 1 << 16
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_NANO: Final = 1_000_000_000
_MILLION: Final = 1_000_000


class TooBigError(Exception):
    """The message exceeds message_size_limit."""


class MaildropFile:
    """An unfinished file in the maildrop of the current directory."""

    __slots__ = ("_fd", "_left", "_parts", "_size", "path", "queue_id")

    def __init__(self, *, size_limit: int = 0, long_ids: bool = False) -> None:
        """Create the file, and write the time of arrival. *size_limit* 0: none. Raises OSError."""
        self._parts: list[bytes] = []
        self._size = 0
        self._left = size_limit or -1
        self._fd, temporary = _create()
        try:
            inode = os.fstat(self._fd).st_ino
            second, microsecond = _now()
            self.queue_id = make_long_id(inode, second, microsecond) if long_ids else make_id(inode, microsecond)
            self.path = f"{QUEUE}/{self.queue_id}"
            os.rename(temporary, self.path)
        except OSError:
            os.close(self._fd)
            os.unlink(temporary)
            raise
        self.write(encode(RecordType.ARRIVAL_TIME, b"%d %d" % (second, microsecond)))

    def write(self, octets: bytes) -> None:
        """Append records. Raises OSError, TooBigError."""
        if self._left >= 0:
            if len(octets) > self._left:
                raise TooBigError
            self._left -= len(octets)
        self._parts.append(octets)
        self._size += len(octets)
        if self._size >= BUFFER:
            self._flush()

    def finish(self) -> None:
        """Make the file complete and wait until it is on disk; it is the mail system's then. Raises OSError."""
        self._flush()
        os.fchmod(self._fd, FINAL_MODE)
        os.fsync(self._fd)
        # Nothing is left to be lost: what close says does not matter any more.
        fd, self._fd = self._fd, -1
        os.close(fd)

    def remove(self) -> None:
        """Remove an unfinished file; a finished one stays. Errors are ignored: without its final mode it is nothing."""
        if self._fd < 0:
            return
        fd, self._fd = self._fd, -1
        try:
            os.unlink(self.path)
            os.close(fd)
        except OSError:
            pass

    def _flush(self) -> None:
        view = memoryview(b"".join(self._parts))
        self._parts = []
        self._size = 0
        while view:
            view = view[os.write(self._fd, view) :]


def _now() -> tuple[int, int]:
    second, rest = divmod(time.time_ns(), _NANO)
    return second, rest * _MILLION // _NANO


def _create() -> tuple[int, str]:
    suffix = f".{os.getpid()}"
    while True:
        path = f"{QUEUE}/{_now()[1]}{suffix}"
        try:
            return os.open(path, _FLAGS, WRITING_MODE), path
        except FileExistsError:
            continue
