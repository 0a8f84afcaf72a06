"""in_flow_delay: mail comes in no faster than it enters the active queue.

cleanup takes a token out of a pipe for each message, and waits a while when there is none; we put one in for each
message that we take from the incoming queue, and fill up when that queue is empty.
"""

from __future__ import annotations

from typing import Protocol


class Tokens(Protocol):
    """The pipe (server.flow.FlowPipe)."""

    def put(self, count: int = 1) -> None:
        """Put tokens in."""

    def drain(self, count: int) -> None:
        """Take tokens out."""

    def count(self) -> int:
        """Return how many there are."""


class TokenKeeper:
    """Keeps *limit* tokens (default_process_limit) in the pipe; without a pipe there is nothing to do."""

    __slots__ = ("_limit", "_pipe")

    def __init__(self, pipe: Tokens | None, limit: int) -> None:
        self._pipe = pipe
        self._limit = limit

    def message_taken(self) -> None:
        """A message has come from the incoming queue: the next one may."""
        if self._pipe is not None:
            self._pipe.put()

    def balance(self, *, incoming_is_empty: bool) -> None:
        """Take excess tokens out; fill up when nothing waits in the incoming queue."""
        if self._pipe is None:
            return
        missing = self._limit - self._pipe.count()
        if missing < 0:
            self._pipe.drain(-missing)
        elif missing and incoming_is_empty:
            self._pipe.put(missing)
