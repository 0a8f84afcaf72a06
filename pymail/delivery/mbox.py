"""Append a message to a mailbox file, under all of its locks, whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterable
from dataclasses import dataclass

from pymail.delivery.identity import acting_as
from pymail.unix.locks import Retry, lock_file, remove_lock_files
from pymail.unix.safe_open import NewFile, safe_open
from pymail.unix.users import User
from pymail.util.text import printable, to_bytes


class MailboxError(Exception):
    """The message is not in the mailbox. *status* is an enhanced status code; its class says whether to try again."""

    def __init__(self, status: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(frozen=True, slots=True)
class MboxPolicy:
    """How mailboxes are locked and limited. *size_limit* in octets, 0 for none."""

    methods: tuple[str, ...]
    retry: Retry
    size_limit: int = 0
    strict_owner: bool = True


def separator(sender: str, now: float) -> bytes:
    """Return the line that starts a message in an mbox: `From sender Sat Nov 21 06:03:49 2026`."""
    shown = printable(sender).replace(" ", "_") or "MAILER-DAEMON"
    return to_bytes(f"From {shown} {time.asctime(time.localtime(now))}\n")


def append(path: str, owner: User, blocks: Iterable[bytes], policy: MboxPolicy, *, as_owner: bool) -> None:
    """Append *blocks* and an empty line to the mailbox at *path*; raises MailboxError.

    It is opened and locked as *owner* (a file below a home directory), or with our own rights (the mail spool, where
    users may not create files); it is written as *owner* in any case. A write that fails is cut off again.
    """
    if as_owner:
        with acting_as(owner):
            _append_locked(path, owner, blocks, policy)
    else:
        _append_locked(path, owner, blocks, policy)


def _append_locked(path: str, owner: User, blocks: Iterable[bytes], policy: MboxPolicy) -> None:
    is_root = os.geteuid() == 0
    new = NewFile(0o600, owner.uid, owner.gid) if is_root else NewFile(0o600)
    try:
        fd = safe_open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, new)
    except OSError as error:
        raise MailboxError("4.2.0", f"cannot open file: {error.strerror}") from error
    locks: list[str] = []
    try:
        found = os.fstat(fd)
        if policy.strict_owner and is_root and stat.S_ISREG(found.st_mode) and found.st_uid != owner.uid:
            raise MailboxError("4.2.0", f"destination {path} is not owned by recipient")
        locks = lock_file(fd, path, policy.methods, policy.retry)
        with acting_as(owner):
            _write(fd, blocks, policy.size_limit)
    except OSError as error:
        raise MailboxError("4.2.0", error.strerror or str(error)) from error
    finally:
        remove_lock_files(locks)
        os.close(fd)


def _write(fd: int, blocks: Iterable[bytes], limit: int) -> None:
    end = os.lseek(fd, 0, os.SEEK_END)
    regular = stat.S_ISREG(os.fstat(fd).st_mode)
    size = end
    try:
        for block in blocks:
            size += len(block)
            if limit and size > limit:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
            write_all(fd, block)
        write_all(fd, b"\n")
        if regular:
            os.fsync(fd)
    except OSError as error:
        if regular:
            os.ftruncate(fd, end)
        raise write_failure(error) from error


def write_all(fd: int, octets: bytes) -> None:
    """Write all of *octets*; raises OSError."""
    view = memoryview(octets)
    while view:
        view = view[os.write(fd, view) :]


def write_failure(error: OSError) -> MailboxError:
    """Return what a failed write means: a mailbox that is too large is final, all else may pass."""
    status = "5.2.2" if error.errno == errno.EFBIG else "4.2.2" if error.errno == errno.EDQUOT else "4.2.0"
    return MailboxError(status, f"error writing message: {error.strerror}")
