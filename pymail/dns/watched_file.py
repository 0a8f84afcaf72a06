"""A small configuration file that is read again when it changes: resolv.conf, hosts, nsswitch.conf.

A daemon lives for days, and these files change under it. One stat per lookup (about 1 us) tells. A file that cannot be
read keeps its last value: in a chroot the copy may be missing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final, Generic, TypeVar

Parsed = TypeVar("Parsed")

SIZE_LIMIT: Final = 4 << 20  # octets


class WatchedFile(Generic[Parsed]):
    """The parsed value of one file."""

    __slots__ = ("_parse", "_path", "_stamp", "_value")

    def __init__(self, path: str, parse: Callable[[str], Parsed]) -> None:
        self._path = path
        self._parse = parse
        self._stamp: tuple[int, ...] | None = None
        self._value: Parsed | None = None
        self.get()  # now: behind a chroot it may be out of sight

    def get(self) -> Parsed:
        """Return the value of the file as it is now; of an empty file when there never was one."""
        try:
            status = os.stat(self._path)
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino, status.st_dev)
            if stamp == self._stamp and self._value is not None:
                return self._value
            with open(self._path, encoding="utf-8", errors="surrogateescape") as file:
                value = self._parse(file.read(SIZE_LIMIT))
            self._stamp = stamp
        except OSError:
            value = self._value if self._value is not None else self._parse("")
        self._value = value
        return value
