"""A small disk for tests that fill it up (as root)."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PAGE = 4096


class SmallDisk:
    """A file system in memory, and a file that takes all of its space."""

    def __init__(self, folder: Path) -> None:
        self._filler = folder / "filler"

    def fill(self, leave: int = 0) -> None:
        """Use up the space but for *leave* octets."""
        status = os.statvfs(self._filler.parent)
        room = status.f_bavail * status.f_frsize - leave
        try:
            with self._filler.open("ab", buffering=0) as file:
                if leave:
                    os.posix_fallocate(file.fileno(), file.tell(), room)
                while not leave:
                    # The system under test writes, too: until there is not a page left.
                    file.write(bytes(_PAGE))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise

    def free(self) -> None:
        """Give the space back."""
        self._filler.unlink()


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[SmallDisk]:
    """Mount a disk of *size* octets on *folder* until the block ends."""
    options = f"size={size},mode=755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True, timeout=20)
    try:
        yield SmallDisk(folder)
    finally:
        # Lazily: a process that still ends keeps nobody waiting.
        subprocess.run(["umount", "-l", folder], check=True, timeout=20)
