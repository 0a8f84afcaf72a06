"""Moving and removing queue files. The name is all that changes: a move is one rename, its time stamps come first.

A file that is gone already is no error (two programs may meet): False says so. Other errors are OSError.
"""

from __future__ import annotations

import os

from pymail.queue.directories import QueueLayout


def move(layout: QueueLayout, queue_id: str, old: str, new: str) -> bool:
    """Rename *queue_id* from queue *old* to queue *new*; makes hash directories as needed."""
    return rename(layout, layout.path(old, queue_id), layout.path(new, queue_id))


def rename(layout: QueueLayout, old_path: str, new_path: str) -> bool:
    """Rename one file; False when it is gone."""
    try:
        os.rename(old_path, new_path)
        return True
    except FileNotFoundError:
        # Either the file or the hash directory is missing.
        layout.make_parent(new_path)
    try:
        os.rename(old_path, new_path)
    except FileNotFoundError:
        return False
    return True


def set_retry_time(path: str, when: int) -> bool:
    """Set both time stamps to *when*: nobody touches the message before. Whole seconds, as Postfix."""
    try:
        os.utime(path, (when, when))
    except FileNotFoundError:
        return False
    return True


def defer(layout: QueueLayout, queue_id: str, old: str, when: int) -> bool:
    """Move *queue_id* from queue *old* to deferred, to be tried again at *when*. The stamp is set first."""
    if not set_retry_time(layout.path(old, queue_id), when):
        return False
    return move(layout, queue_id, old, "deferred")


def remove(layout: QueueLayout, queue_name: str, queue_id: str) -> bool:
    """Remove the file of *queue_id* in *queue_name*; False when it is gone."""
    try:
        os.unlink(layout.path(queue_name, queue_id))
    except FileNotFoundError:
        return False
    return True
