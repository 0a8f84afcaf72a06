"""Open a file in a place that others can write to, without being led elsewhere by a link.

Postfix: safe_open.c. Used for mailboxes, `.forward`, log files: whatever a privileged process opens below a
directory that it does not own.
"""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass


class UnsafeFileError(PermissionError):
    """The name leads to something that must not be opened."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """What a file gets that has to be created."""

    mode: int = 0o600
    uid: int = -1
    gid: int = -1


def safe_open(path: str, flags: int, new: NewFile | None = None) -> int:
    """Open *path* and return the descriptor; with `O_CREAT` in *flags* it is created as *new* says if it is missing.

    The file has to be a regular one (or a device, which is never created), with one link, and not a symbolic link; a
    symbolic link that root made in a directory that only root can write to is followed.
    Raises UnsafeFileError, OSError.
    """
    new = new or NewFile()
    create = flags & os.O_CREAT
    plain = flags & ~(os.O_CREAT | os.O_EXCL) | os.O_CLOEXEC
    for _ in range(2 if create else 1):
        if not flags & os.O_EXCL:
            try:
                return _open_existing(path, plain)
            except FileNotFoundError:
                if not create:
                    raise
        try:
            return _create(path, plain, new)
        except FileExistsError:
            if flags & os.O_EXCL:
                raise
    raise UnsafeFileError(errno.EPERM, "file appears and disappears", path)


def _create(path: str, flags: int, new: NewFile) -> int:
    fd = os.open(path, flags | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, new.mode)
    try:
        if new.uid != -1 or new.gid != -1:
            os.fchown(fd, new.uid, new.gid)
    except OSError:
        os.close(fd)
        raise
    return fd


def _open_existing(path: str, flags: int) -> int:
    try:
        fd = os.open(path, flags & ~os.O_TRUNC | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        _check_link(path)
        fd = os.open(path, flags & ~os.O_TRUNC)
    try:
        found = os.fstat(fd)
        if stat.S_ISREG(found.st_mode):
            if found.st_nlink != 1:
                raise UnsafeFileError(errno.EPERM, f"file has {found.st_nlink} hard links", path)
            if flags & os.O_TRUNC:
                os.ftruncate(fd, 0)
        elif stat.S_ISDIR(found.st_mode):
            raise UnsafeFileError(errno.EISDIR, "file is a directory", path)
        elif not stat.S_ISCHR(found.st_mode) and not stat.S_ISFIFO(found.st_mode):
            raise UnsafeFileError(errno.EPERM, "file is not a regular file", path)
    except OSError:
        os.close(fd)
        raise
    return fd


def _check_link(path: str) -> None:
    """Raise UnsafeFileError unless root made the symbolic link *path*, in a directory of root's."""
    parent = os.path.dirname(path) or "."
    directory = os.lstat(parent)
    if os.lstat(path).st_uid != 0 or directory.st_uid != 0 or directory.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise UnsafeFileError(errno.EPERM, "file is a symbolic link", path)
