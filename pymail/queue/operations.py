"""Changes that an administrator makes to queued messages: delete, hold, release, requeue, expire.

One message each, wherever it is; daemons may move it meanwhile, so a name that is gone is looked for again in the next
queue. Each operation is one system call on the message file (its logs apart): a crash leaves it done or not done.
"""

from __future__ import annotations

import enum
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pymail.log.fatal import FatalError
from pymail.queue import move
from pymail.queue.directories import QueueLayout
from pymail.queue.mark import EXPIRE_MODE, is_ready

MESSAGE_QUEUES: Final = ("maildrop", "incoming", "active", "deferred", "hold")
#: Logs that go with a message.
LOGS: Final = ("bounce", "defer", "trace")


class Operation(enum.Enum):
    """What can be done. The value is what the log says of one message."""

    REQUEUE = "requeued"
    DELETE = "removed"
    EXPIRE = "expired"
    HOLD = "placed on hold"
    RELEASE = "released from hold"


#: Queues in which an operation looks by itself.
_QUEUES: Final = {
    Operation.REQUEUE: ("incoming", "active", "deferred", "hold"),
    Operation.DELETE: ("maildrop", "incoming", "active", "deferred", "hold"),
    Operation.EXPIRE: ("incoming", "active", "deferred", "hold"),
    Operation.HOLD: ("incoming", "active", "deferred"),
    Operation.RELEASE: ("hold",),
}


def is_complete(path: str) -> bool:
    """Say whether *path* is a complete message file."""
    try:
        return is_ready(os.lstat(path).st_mode)
    except FileNotFoundError:
        return False


@dataclass(frozen=True, slots=True)
class Operations:
    """Does operations in the queues of *layout*; *debug* hears of each change of a file."""

    layout: QueueLayout
    debug: Callable[[str], None]
    clock: Callable[[], float] = time.time

    def apply(self, operation: Operation, queue_id: str, queues: Sequence[str]) -> bool:
        """Do *operation* with the message *queue_id* in one of *queues*; False when it is not there, or nothing to do.

        Raises FatalError.
        """
        for queue_name in _QUEUES[operation]:
            if queue_name not in queues or not is_complete(self.layout.path(queue_name, queue_id)):
                continue
            if self.apply_to(operation, queue_id, queue_name):
                return True
        return False

    def applies(self, operation: Operation, queue_name: str) -> bool:
        """Say whether *operation* makes sense in *queue_name*."""
        return queue_name in _QUEUES[operation]

    def apply_to(self, operation: Operation, queue_id: str, queue_name: str, path: str = "") -> bool:
        """Do *operation* with the message in *queue_name*; *path* is where a scan found it. Raises FatalError."""
        path = path or self.layout.path(queue_name, queue_id)
        match operation:
            case Operation.DELETE:
                return self._delete(queue_id, path)
            case Operation.HOLD:
                return self._move(path, self.layout.path("hold", queue_id))
            case Operation.RELEASE:
                return self._move(path, self.layout.path("deferred", queue_id))
            case Operation.REQUEUE:
                return self._requeue(path, self.layout.path("maildrop", queue_id))
            case Operation.EXPIRE:
                return self._expire(path)

    def _delete(self, queue_id: str, path: str) -> bool:
        if not os.path.lexists(path):
            return False
        # The logs first: one that is left behind would be taken for that of a later message.
        for name in LOGS:
            self.remove(self.layout.path(name, queue_id))
        return self.remove(path)

    def remove(self, path: str) -> bool:
        """Remove a file; False when it is gone. Raises FatalError."""
        try:
            os.unlink(path)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise FatalError(f"remove file {path}: {error.strerror}") from error
        self.debug(f"removed file {path}")
        return True

    def _move(self, old: str, new: str) -> bool:
        if not os.path.lexists(old):
            return False
        if os.path.lexists(new):
            raise FatalError(f"rename file {old} as {new}: File exists")
        try:
            moved = move.rename(self.layout, old, new)
        except OSError as error:
            raise FatalError(f"rename file {old} as {new}: {error.strerror}") from error
        if moved:
            self.debug(f"renamed file {old} as {new}")
        return moved

    def _requeue(self, old: str, new: str) -> bool:
        """pickup takes it as old mail by its owner; its age counts from now on for warnings about the maildrop."""
        if not self._move(old, new):
            return False
        now = self.clock()
        try:
            os.utime(new, (now, now))
        except OSError:
            pass  # pickup was faster
        return True

    def _expire(self, path: str) -> bool:
        try:
            mode = os.lstat(path).st_mode
            if not is_ready(mode) or mode & EXPIRE_MODE:
                return False
            os.chmod(path, mode & 0o7777 | EXPIRE_MODE)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise FatalError(f"expire file {path}: cannot set permission: {error.strerror}") from error
        return True
