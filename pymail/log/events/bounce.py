"""The log lines of bounce(8)."""

from __future__ import annotations


def notification(queue_id: str, audience: str, kind: str, new_id: str) -> str:
    """A report was queued as *new_id*; *audience* is sender or postmaster, *kind* for example `non-delivery`."""
    return f"{queue_id}: {audience} {kind} notification: {new_id}"


def not_sending_trace(queue_id: str, kind: str) -> str:
    """Nobody is told of the success of a bounce; *kind* is double-bounce or single-bounce."""
    return f"{queue_id}: not sending trace/success notification for {kind} message"


def postmaster_discarded(queue_id: str) -> str:
    """(A warning.) A notice to the postmaster cannot be delivered either."""
    return f"{queue_id}: undeliverable postmaster notification discarded"
