"""The structure check of the queue: files where they belong, under names that match their inodes, no old garbage.

A queue ID is unique because the inode number is in it: after a restore from a backup the names are wrong, and two
messages may come to have one name. `fix` renames in two steps, so that no name is taken while its old owner still has
it: each file (a message with its logs) first to its new name with a suffix, and when all have been seen, to the name
itself. A run that was broken off is completed by the next one. The mail system may not run meanwhile, except for the
moves between hash directories and the purge.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from pymail.log.fatal import FatalError
from pymail.queue import move
from pymail.queue.directories import QueueLayout
from pymail.queue.mark import is_ready
from pymail.queue.names import HEX_DIGITS, SEPARATOR, is_long_id, is_queue_id, make_id, make_long_id
from pymail.queue.operations import LOGS, MESSAGE_QUEUES

#: The queues that are checked unless the command line says more: logs before messages.
CHECKED_QUEUES: Final = ("defer", "bounce", "maildrop", "incoming", "active", "deferred", "hold", "flush")
#: What stands behind the new name until all files were renamed.
SUFFIX: Final = "#FIX"
#: Incomplete files older than this are left over from a crash, in seconds.
MAXIMUM_AGE: Final = 7 * 86400
_HEX: Final = frozenset("0123456789ABCDEF")


@dataclass(frozen=True, slots=True)
class Fix:
    """What shall be done."""

    structure: bool = True  # -s
    long_names: bool = False  # -S: the inode in long names has to match, too
    purge: bool = True  # -p


@dataclass(slots=True)
class Structure:
    """One run over the queues."""

    layout: QueueLayout
    fix: Fix
    warn: Callable[[str], None]
    debug: Callable[[str], None]
    clock: Callable[[], float] = time.time
    #: Messages whose names were changed.
    renamed: int = 0
    _pending: dict[str, str] = field(default_factory=dict)

    def run(self, queues: Sequence[str]) -> None:
        """Check *queues*. Raises FatalError."""
        for queue_name in queues:
            self.debug(f"queue: {queue_name}")
            self._check_queue(queue_name)
        for temporary in list(self._pending):
            self._rename(temporary, self._pending.pop(temporary))

    # -- walking

    def _check_queue(self, queue_name: str) -> None:
        hashed = queue_name in self.layout.hash_names
        if hashed and queue_name == "maildrop":
            raise FatalError("maildrop queue must not be hashed")
        depth = self.layout.depth if hashed else 0
        for path, name in self._walk(self.layout.root + queue_name, depth):
            self._check_file(queue_name, path, name)

    def _walk(self, directory: str, depth: int) -> Iterator[tuple[str, str]]:
        """Yield path and name of all files; remove the empty directories below the *depth* that hashing needs.

        The names of a directory are read at once: renaming must not bring a file before our eyes again.
        """
        try:
            with os.scandir(directory) as found:
                entries = list(found)
        except FileNotFoundError:
            return
        except OSError as error:
            raise FatalError(f"scan_dir_push: open directory {directory}: {error.strerror}") from error
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                yield entry.path, entry.name
            elif len(entry.name) == 1:
                yield from self._walk(entry.path, depth - 1)
                if depth <= 0:
                    self._remove_directory(entry.path)
            else:
                self.warn(f"bogus file name: {entry.path}")

    def _remove_directory(self, path: str) -> None:
        try:
            os.rmdir(path)
        except OSError as error:
            self.debug(f"remove subdirectory {path}: {error.strerror}")
        else:
            self.debug(f"remove directory {path}")

    # -- one file

    def _check_file(self, queue_name: str, path: str, name: str) -> None:
        if self.fix.structure and name.endswith(SUFFIX) and is_queue_id(name.removesuffix(SUFFIX)):
            self._pending[path] = self._home(queue_name, name.removesuffix(SUFFIX))
            return
        try:
            state = os.lstat(path)
        except FileNotFoundError:
            return
        is_message = queue_name in MESSAGE_QUEUES
        if is_message and self._is_garbage(state):
            if self.fix.purge:
                self._remove(path)
                return
            self._report_name(queue_name, path, name)
            return
        if not self._report_name(queue_name, path, name) or not self.fix.structure or not stat.S_ISREG(state.st_mode):
            return
        if is_message:
            new_name = self._right_name(name, state.st_ino)
            if new_name != name:
                self._rename_message(queue_name, path, name, new_name)
                return
        home = self._home(queue_name, name)
        if path == home or queue_name == "flush":
            return
        if os.path.lexists(home):
            # That one has a wrong name, and will make room.
            self._rename_pending(path, home)
        else:
            self._rename(path, home)

    def _is_garbage(self, state: os.stat_result) -> bool:
        return (
            not is_ready(state.st_mode) and stat.S_ISREG(state.st_mode) and self.clock() - state.st_mtime > MAXIMUM_AGE
        )

    def _report_name(self, queue_name: str, path: str, name: str) -> bool:
        """Say whether *name* can be that of a message or log; warn of one that cannot."""
        if queue_name == "flush" or (is_queue_id(name) and (_has_time(name) or not self.fix.structure)):
            return True
        self.warn(f"bogus file name: {path}")
        return False

    def _right_name(self, name: str, inode: int) -> str:
        if is_long_id(name):
            return _with_inode(name, inode) if self.fix.long_names else name
        return f"{name[:HEX_DIGITS]}{make_id(inode, 0)[HEX_DIGITS:]}"

    def _home(self, queue_name: str, queue_id: str) -> str:
        return self.layout.path(queue_name, queue_id)

    # -- renaming

    def _rename_message(self, queue_name: str, path: str, name: str, new_name: str) -> None:
        """Give a message and its logs the new name, with the suffix for now; the message goes last."""
        for log in LOGS:
            old = self._home(log, name)
            if os.path.lexists(old):
                self._rename_pending(old, self._home(log, new_name))
        self._rename_pending(path, self._home(queue_name, new_name))
        self.renamed += 1

    def _rename_pending(self, old: str, final: str) -> None:
        self._rename(old, final + SUFFIX)
        self._pending[final + SUFFIX] = final

    def _rename(self, old: str, new: str) -> None:
        if os.path.lexists(new):
            # Two files want the same name (long IDs, restored twice): keep both.
            self.warn(f"rename file {old} as {new}: File exists")
            return
        try:
            if not move.rename(self.layout, old, new):
                return
        except OSError as error:
            raise FatalError(f"rename file {old} as {new}: {error.strerror}") from error
        self.debug(f"renamed file {old} as {new}")

    def _remove(self, path: str) -> None:
        try:
            os.unlink(path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise FatalError(f"remove file {path}: {error.strerror}") from error
        self.debug(f"removed file {path}")


def _has_time(queue_id: str) -> bool:
    """Say whether *queue_id* begins as the IDs do that we make."""
    return is_long_id(queue_id) or (len(queue_id) >= HEX_DIGITS and _HEX.issuperset(queue_id[:HEX_DIGITS]))


def _with_inode(name: str, inode: int) -> str:
    digits = make_long_id(inode, 0, 0)
    return name[: name.rindex(SEPARATOR)] + digits[digits.rindex(SEPARATOR) :]
