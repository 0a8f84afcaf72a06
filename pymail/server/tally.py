"""Sessions of retiring workers, in a page that all workers of a service share.

A worker that retires serves its sessions to the end while its successor is already at work. So that both together stay
within `maxproc`, a retiring worker writes the number of its sessions into its cell, and its successors subtract them
from their shares. The page is anonymous memory that the master maps once per service before it forks.
"""

from __future__ import annotations

import mmap
from typing import Final

CELLS: Final = 1024


class Tally:
    """One cell of the page, and the sum of all."""

    __slots__ = ("_cells", "index", "workers")

    def __init__(self, page: mmap.mmap, index: int, workers: int) -> None:
        self._cells = memoryview(page).cast("i")
        self.index = index % CELLS
        self.workers = max(workers, 1)

    def write(self, sessions: int) -> None:
        """Say how many sessions this retiring worker still has."""
        self._cells[self.index] = sessions

    def burden(self) -> int:
        """Return how many sessions one of the successors has to leave out."""
        total = sum(self._cells) - self._cells[self.index]
        return -(-total // self.workers)


def new_page() -> mmap.mmap:
    """Map a page of zeroes that children share."""
    return mmap.mmap(-1, CELLS * 4)


def clear(page: mmap.mmap, index: int) -> None:
    """Forget the cell of a worker that is gone, or give it to a new one."""
    start = (index % CELLS) * 4
    page[start : start + 4] = b"\0\0\0\0"
