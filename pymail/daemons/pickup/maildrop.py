"""The maildrop directory: which files in it are complete messages, opened safely."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pymail.log.logger import Log
from pymail.queue.directories import QueueLayout
from pymail.queue.mark import READY_MODE
from pymail.unix.safe_open import UnsafeFileError, safe_open

MAILDROP: Final = "maildrop"
#: A second link is there for a moment while a file is moved by hand; then it is worth a warning (seconds).
LINK_GRACE: Final = 60


@dataclass(frozen=True, slots=True)
class DropFile:
    """A complete file in the maildrop. *modified* is in epoch seconds."""

    path: str
    queue_id: str
    uid: int
    mode: int
    modified: float

    def is_requeued(self, owner_uid: int) -> bool:
        """Say whether postsuper put it here: a queue file, not the submission of a user."""
        return self.uid == owner_uid and not self.mode & stat.S_IROTH


@dataclass(frozen=True, slots=True)
class MailDrop:
    """The directory."""

    layout: QueueLayout
    log: Log

    def scan(self, now: float) -> Iterator[DropFile]:
        """Yield the complete files; a file that is still written, or no file at all, is passed over."""
        for entry in list(self.layout.entries(MAILDROP)):
            try:
                found = os.lstat(entry.path)
            except FileNotFoundError:
                continue
            if not stat.S_ISREG(found.st_mode):
                self.log.warning("%s: uid %d: not a regular file", entry.path, found.st_uid)
                continue
            if found.st_mode & READY_MODE != READY_MODE:
                continue
            if found.st_nlink > 1 and now > max(found.st_atime, found.st_mtime, found.st_ctime) + LINK_GRACE:
                self.log.warning("%s: uid %d: file has %d links", entry.path, found.st_uid, found.st_nlink)
            yield DropFile(entry.path, entry.name, found.st_uid, found.st_mode, found.st_mtime)


def open_drop(file: DropFile) -> int:
    """Open *file* for reading; raises OSError, UnsafeFileError."""
    return safe_open(file.path, os.O_RDONLY | os.O_NONBLOCK)


def explain(error: OSError) -> str:
    """Return what to say about a file that cannot be opened."""
    if isinstance(error, UnsafeFileError):
        return str(error.strerror)
    return f"cannot open file: {error.strerror}"
