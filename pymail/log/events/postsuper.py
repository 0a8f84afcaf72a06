"""The lines that postsuper logs, in Postfix's words."""

from __future__ import annotations

QUEUE_CHANGED = "QUEUE FILE NAMES WERE CHANGED TO MATCH INODE NUMBERS"
CHECK_IDS = "CHECK YOUR QUEUE IDS AND RE-ISSUE THE COMMAND"
INCOMPLETE = "OPERATION INCOMPLETE -- RERUN COMMAND TO FIX THE QUEUE FIRST"


def done(queue_id: str, what: str) -> str:
    """One message was changed; *what*: removed, requeued, placed on hold, released from hold, expired."""
    return f"{queue_id}: {what}"


def summary(what: str, count: int) -> str:
    """How many messages were changed; *what*: Deleted, Requeued, Renamed to match inode number ..."""
    return f"{what}: {count} message{'' if count == 1 else 's'}"
