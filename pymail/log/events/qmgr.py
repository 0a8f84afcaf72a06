"""The event lines of the queue manager, in Postfix's words."""

from __future__ import annotations


def active(queue_id: str, sender: str, size: int, recipients: int) -> str:
    """The message has entered the active queue; once per attempt. *sender* as info_log_address_format wants it."""
    return f"{queue_id}: from=<{sender}>, size={size}, nrcpt={recipients} (queue active)"


def expired(queue_id: str, sender: str, *, forced: bool) -> str:
    """The message is too old, or an administrator does not want to wait."""
    return f"{queue_id}: from=<{sender}>, status={'force-expired' if forced else 'expired'}, returned to sender"


def removed(queue_id: str) -> str:
    """The last line of every message."""
    return f"{queue_id}: removed"


def skipped(queue_id: str) -> str:
    """A delivery agent that an earlier queue manager asked still has the file."""
    return f"{queue_id}: skipped, still being delivered"


def report_failed(queue_id: str, what: str) -> str:
    """A report could not be sent; *what* is `bounce`, `delay warning`, `verp` or `trace`."""
    return f"{queue_id}: status=deferred ({what} failed)"


def saved_corrupt(queue_id: str, queue_name: str) -> str:
    """A file is no whole message. (A warning.)"""
    return f'saving corrupt file "{queue_id}" from queue "{queue_name}" to queue "corrupt"'


def transport_failure(transport: str) -> str:
    """A delivery agent ended in the middle of a delivery. (A warning.)"""
    return (
        f"transport {transport} failure"
        " -- see a previous warning/fatal/panic logfile record for the problem description"
    )


def window(what: str, destination: str, limit: int, size: int, feedback: tuple[float, float, float]) -> str:
    """How a window has moved (destination_concurrency_feedback_debug). *feedback*: success, failure, failed cohorts."""
    success, failure, cohorts = feedback
    return (
        f"{what}: queue {destination}: limit {limit} window {size}"
        f" success {success:g} failure {failure:g} fail_cohorts {cohorts:g}"
    )
