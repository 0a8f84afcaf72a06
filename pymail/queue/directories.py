"""The directories of the queue: where the file of an ID is, and which IDs a queue holds.

Paths are relative to the queue directory, which is the current directory of every daemon. Directories of a hashed
queue are made when they are needed, with mode 0700, and never removed. A scan descends into every one-letter
directory, so that files of another hash_queue_depth are still found.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pymail.queue.names import is_queue_id, queue_path

DIRECTORY_MODE: Final = 0o700


@dataclass(frozen=True, slots=True)
class QueueLayout:
    """How the queues are hashed; *root* is put before each path (for commands that do not change directory)."""

    hash_names: frozenset[str] = frozenset(("deferred", "defer"))
    depth: int = 1
    root: str = ""

    def path(self, queue_name: str, queue_id: str) -> str:
        """Return the path of *queue_id* in *queue_name*."""
        return self.root + queue_path(queue_name, queue_id, self.hash_names, self.depth)

    def make_parent(self, path: str) -> None:
        """Make the missing one-letter directories above *path*, which `path` returned."""
        os.makedirs(os.path.dirname(path), DIRECTORY_MODE, exist_ok=True)

    def scan(self, queue_name: str) -> Iterator[str]:
        """Yield the IDs in *queue_name*, in no order; files may go or come meanwhile."""
        for entry in self.entries(queue_name):
            yield entry.name

    def entries(self, queue_name: str) -> Iterator[os.DirEntry[str]]:
        """Yield the directory entries whose name is a queue ID; entry.path says where it really is."""
        yield from _walk(self.root + queue_name)


def parse_hash_names(value: str) -> frozenset[str]:
    """Return the queues that hash_queue_names lists."""
    return frozenset(value.replace(",", " ").split())


def _walk(directory: str) -> Iterator[os.DirEntry[str]]:
    try:
        found = os.scandir(directory)
    except FileNotFoundError:
        return
    with found:
        for entry in found:
            name = entry.name
            if len(name) == 1:
                if entry.is_dir(follow_symlinks=False):
                    yield from _walk(entry.path)
            elif is_queue_id(name):
                yield entry
