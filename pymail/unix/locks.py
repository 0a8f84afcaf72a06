"""Locks on files: flock, fcntl and dotlock, as mailbox_delivery_lock names them."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Callable, Sequence
from typing import Final

METHODS: Final = ("flock", "fcntl", "dotlock")


class LockBusyError(OSError):
    """Somebody else holds the lock; try again later."""


def lock(fd: int, method: str = "flock", *, exclusive: bool = True, wait: bool = False) -> bool:
    """Lock the open file by `flock` or `fcntl`. False when somebody else holds it and not *wait*."""
    operation = (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | (0 if wait else fcntl.LOCK_NB)
    call = fcntl.flock if method == "flock" else fcntl.lockf
    while True:
        try:
            call(fd, operation)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EACCES):
                return False
            if error.errno == errno.EINTR:
                continue
            raise
        return True


def unlock(fd: int, method: str = "flock") -> None:
    """Release the lock."""
    (fcntl.flock if method == "flock" else fcntl.lockf)(fd, fcntl.LOCK_UN)


class Retry:
    """How often and how long to try: deliver_lock_attempts, deliver_lock_delay, stale_lock_time."""

    __slots__ = ("attempts", "delay", "now", "sleep", "stale_time")

    def __init__(self, attempts: int, delay: float, stale_time: float) -> None:
        self.attempts = attempts
        self.delay = delay
        self.stale_time = stale_time
        self.sleep: Callable[[float], None] = time.sleep
        self.now: Callable[[], float] = time.time


def lock_file(fd: int, path: str, methods: Sequence[str], retry: Retry) -> list[str]:
    """Lock a mailbox by every one of *methods*, in their order; return the lock files that were made.

    Raises LockBusyError when somebody keeps it, OSError when a lock cannot be made. Nothing is left behind then.
    """
    made: list[str] = []
    try:
        for method in methods:
            if method == "dotlock":
                made.append(dotlock(path, retry))
            elif not any(_tries(retry, lambda method=method: lock(fd, method))):  # type: ignore[misc]  # default binds
                raise LockBusyError(errno.EAGAIN, f"unable to lock for exclusive access: {method}", path)
    except OSError:
        remove_lock_files(made)
        raise
    return made


def _tries(retry: Retry, attempt: Callable[[], bool]) -> list[bool]:
    for number in range(retry.attempts):
        if number:
            retry.sleep(retry.delay)
        if attempt():
            return [True]
    return [False]


def dotlock(path: str, retry: Retry) -> str:
    """Make `PATH.lock`; a stale one (older than stale_lock_time) is removed first. Returns its name."""
    name = path + ".lock"
    for number in range(retry.attempts):
        if number:
            retry.sleep(retry.delay)
        try:
            os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0))
        except FileExistsError:
            _remove_stale(name, retry)
        else:
            return name
    raise LockBusyError(errno.EEXIST, f"unable to create lock file {name}", name)


def _remove_stale(name: str, retry: Retry) -> None:
    try:
        if retry.now() > os.lstat(name).st_ctime + retry.stale_time:
            os.unlink(name)
    except FileNotFoundError:
        pass


def remove_lock_files(names: Sequence[str]) -> None:
    """Remove the lock files that `lock_file` returned."""
    for name in names:
        try:
            os.unlink(name)
        except OSError:
            pass
