"""The lines that cleanup logs, in Postfix's words."""

from __future__ import annotations


def message_id(queue_id: str, value: str, *, resent: bool = False) -> str:
    """Every message: the header's value as it stands, or ours."""
    return f"{queue_id}: {'resent-' if resent else ''}message-id={value}"


def removed(queue_id: str, why: str) -> str:
    """The file is gone: `canceled` by client or error, `discarded` on request or because it was returned."""
    return f"{queue_id}: removed ({why})"


def hop_count_exceeded(queue_id: str) -> str:
    """More Received: fields than hopcount_limit (a warning)."""
    return f"{queue_id}: message rejected: hopcount exceeded"


def size_limit_exceeded(queue_id: str) -> str:
    """The queue file would be larger than message_size_limit (a warning)."""
    return f"{queue_id}: queue file size limit exceeded"


def map_problem(queue_id: str, maps: str, address: str) -> str:
    """A table could not be asked (a warning)."""
    return f"{queue_id}: {maps} map lookup problem for {address} -- message not accepted, try again later"


def map_nesting(queue_id: str, maps: str, address: str) -> str:
    """Aliases lead to aliases without end (a warning)."""
    return f"{queue_id}: unreasonable {maps} map nesting for {address} -- message not accepted, try again later"


def map_expansion(queue_id: str, maps: str, address: str) -> str:
    """An alias became too many addresses (a warning)."""
    return f"{queue_id}: unreasonable {maps} map expansion size for {address} -- message not accepted, try again later"


def map_result_length(queue_id: str, maps: str, result: str, address: str) -> str:
    """An alias became an address that is too long (a warning)."""
    return (
        f"{queue_id}: unreasonable {maps} result {result[:300]}... for {address}"
        " -- message not accepted, try again later"
    )
