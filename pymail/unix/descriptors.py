"""Open descriptors of this process: which there are, closing all but some, the limit."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterable
from typing import Final

#: More descriptors than this help nobody, and some programs loop over all possible ones.
DESCRIPTOR_LIMIT: Final = 65536


def close_all_except(keep: Iterable[int]) -> None:
    """Close every descriptor from 3 up that is not in *keep*."""
    low = 3
    for fd in sorted(set(keep)):
        if fd > low:
            os.closerange(low, fd)
        low = max(low, fd + 1)
    os.closerange(low, _highest() + 1)


def _highest() -> int:
    try:
        return max((int(name) for name in os.listdir("/proc/self/fd")), default=3)
    except (OSError, ValueError):
        return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def raise_limit(limit: int = DESCRIPTOR_LIMIT) -> int:
    """Raise the limit of open descriptors as far as the hard limit and *limit* allow; return what holds now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limit if hard == resource.RLIM_INFINITY else min(hard, limit)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
        except (OSError, ValueError):
            pass
    return limit if soft == resource.RLIM_INFINITY else soft


def null_streams(*, keep_output: bool = False) -> None:
    """Point descriptors 0, 1 and 2 to /dev/null; with *keep_output* 1 and 2 stay."""
    null = os.open("/dev/null", os.O_RDWR)
    for fd in (0,) if keep_output else (0, 1, 2):
        os.dup2(null, fd)
    if null > 2:
        os.close(null)


def fill_streams() -> None:
    """Open /dev/null on each of 0, 1 and 2 that is closed, so that no file ever gets these numbers."""
    while True:
        fd = os.open("/dev/null", os.O_RDWR)
        if fd > 2:
            os.close(fd)
            return
        os.set_inheritable(fd, True)
