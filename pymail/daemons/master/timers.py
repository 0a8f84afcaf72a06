"""Timers of the master's loop."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(order=True, slots=True)
class Timer:
    """One call at one time."""

    when: float
    number: int
    call: Callable[[], None] | None = field(compare=False)

    def cancel(self) -> None:
        """Do not call."""
        self.call = None


class Timers:
    """All of them. Time comes in as `now`, monotonic seconds."""

    def __init__(self) -> None:
        self._heap: list[Timer] = []
        self._number = 0

    def at(self, when: float, call: Callable[[], None]) -> Timer:
        """Order *call* for the time *when*."""
        self._number += 1
        timer = Timer(when, self._number, call)
        heapq.heappush(self._heap, timer)
        return timer

    def wait(self, now: float) -> float | None:
        """Return the seconds to the next one, None when there is none."""
        while self._heap and self._heap[0].call is None:
            heapq.heappop(self._heap)
        return max(0.0, self._heap[0].when - now) if self._heap else None

    def run_due(self, now: float) -> None:
        """Call all whose time has come."""
        while self._heap and self._heap[0].when <= now:
            call = heapq.heappop(self._heap).call
            if call is not None:
                call()
