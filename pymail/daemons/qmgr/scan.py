"""A scan of the incoming or the deferred queue, advanced a few directory entries at a time by the feed loop.

A request that comes during a scan is remembered: the scan restarts at its end, so that a file that arrived behind the
reader is found. Only complete files whose time has come are given.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from pymail.queue.directories import QueueLayout
from pymail.queue.mark import is_ready

#: Files may be from the near future: file servers have their own clocks. Seconds.
_CLOCK_SKEW: Final = 1


class Found(NamedTuple):
    """A file to be taken into the active queue. *flush*: forget what we know against its destinations' transports."""

    queue_name: str
    queue_id: str
    path: str
    mode: int
    flush: bool


class Scan:
    """The scans of one queue."""

    __slots__ = (
        "_entries", "_flush", "_ignore_time", "_layout", "_next_flush", "_next_ignore_time", "_now", "_requested",
        "queue_name",
    )  # fmt: skip

    def __init__(self, layout: QueueLayout, queue_name: str, now: Callable[[], float]) -> None:
        self.queue_name = queue_name
        self._layout = layout
        self._now = now
        self._entries: Iterator[os.DirEntry[str]] | None = None
        self._flush = self._ignore_time = False
        self._requested = self._next_flush = self._next_ignore_time = False

    @property
    def is_running(self) -> bool:
        """True from a request until all files have been seen."""
        return self._entries is not None

    def request(self, *, start: bool = True, ignore_time: bool = False, flush: bool = False) -> None:
        """Ask for a scan; *ignore_time* and *flush* count for a running one, too. Without *start*: for the next one."""
        self._requested |= start
        self._next_ignore_time |= ignore_time
        self._next_flush |= flush
        if self._entries is None:
            self._start_if_requested()
        else:
            self._ignore_time |= ignore_time
            self._flush |= flush

    def _start_if_requested(self) -> None:
        if self._requested:
            self._entries = self._layout.entries(self.queue_name)
            self._flush, self._ignore_time = self._next_flush, self._next_ignore_time
            self._requested = self._next_flush = self._next_ignore_time = False

    def next(self, most: int) -> Found | None:
        """Look at up to *most* entries for a file whose time has come. None: none yet, or the scan has ended."""
        entries = self._entries
        if entries is None:
            return None
        latest = self._now() + _CLOCK_SKEW
        for _ in range(most):
            entry = next(entries, None)
            if entry is None:
                self._entries = None
                self._start_if_requested()
                return None
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if is_ready(status.st_mode) and (self._ignore_time or status.st_mtime <= latest):
                return Found(self.queue_name, entry.name, entry.path, status.st_mode & 0o7777, self._flush)
        return None
