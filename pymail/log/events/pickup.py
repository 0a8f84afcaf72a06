"""The lines that pickup logs, in Postfix's words."""

from __future__ import annotations


def picked_up(queue_id: str, uid: int, sender: str, original_id: str = "") -> str:
    """A message from the maildrop begins its way; *original_id*: it was put back by postsuper."""
    line = f"{queue_id}: uid={uid} from=<{sender}>"
    return f"{line} orig_id={original_id}" if original_id else line


def queued_for_days(queue_id: str, path: str, days: int) -> str:
    """The message waits too long (a warning)."""
    return f"{queue_id}: message {path} has been queued for {days} days"


def in_the_future(queue_id: str, path: str, seconds: int) -> str:
    """The file's time stamp is ahead of the clock (a warning)."""
    return f"{queue_id}: message {path} dated {seconds} seconds into the future"


def bad_record(uid: int, record_type: int) -> str:
    """The file holds what a user may not send (a warning)."""
    return f"uid={uid}: unexpected or malformed record type {record_type}"
