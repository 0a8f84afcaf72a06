"""Deliver a message into a Maildir: written in tmp/, synced, then moved to new/ under a unique name."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

from pymail.delivery.identity import acting_as
from pymail.delivery.mbox import MailboxError, write_all, write_failure
from pymail.unix.users import User

_FOLDERS = ("tmp", "new", "cur")


def deliver(path: str, owner: User, blocks: Iterable[bytes], hostname: str) -> str:
    """Write *blocks* as a new message of the Maildir at *path* and return its name in new/; raises MailboxError.

    Everything is done as *owner*. Missing folders are made, with mode 0700.
    """
    with acting_as(owner):
        folder = path.rstrip("/")
        temporary = f"{folder}/tmp/{int(time.time())}.P{os.getpid()}.{hostname}"
        try:
            return _deliver(folder, temporary, blocks, hostname)
        except OSError as error:
            raise MailboxError("4.2.0", f"maildir delivery failed: {error.strerror}: {error.filename}") from error


def _deliver(folder: str, temporary: str, blocks: Iterable[bytes], hostname: str) -> str:
    fd = _create(folder, temporary)
    try:
        try:
            for block in blocks:
                write_all(fd, block)
            os.fsync(fd)
        except OSError as error:
            raise write_failure(error) from error
        found = os.fstat(fd)
        now = time.time()
        name = f"{int(now)}.V{found.st_dev:x}I{found.st_ino:x}M{int(now % 1 * 1_000_000)}.{hostname}"
        # A link never replaces a message, as a rename would.
        os.link(temporary, f"{folder}/new/{name}")
        _sync_directory(f"{folder}/new")
        return name
    finally:
        os.close(fd)
        os.unlink(temporary)


def _create(folder: str, temporary: str) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(temporary, flags, 0o600)
    except FileNotFoundError:
        os.makedirs(folder, 0o700, exist_ok=True)
        for name in _FOLDERS:
            os.makedirs(f"{folder}/{name}", 0o700, exist_ok=True)
        return os.open(temporary, flags, 0o600)


def _sync_directory(path: str) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
