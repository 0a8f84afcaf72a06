"""The processes of one service, counted: whether the master has to listen, and what an end of a process means.

No I/O here. The rules (spec: master, process management):

- The master polls a service's sockets only while no process is available, the service is not throttled, and it may have
  one more process.
- A process is available from its start; it says when it is taken and when it is available again.
- A process that ends with an error before it ever became available again has failed to start: the service is throttled.
- A process that retires counts no more, so that it is replaced at once; it lives until its last client is gone. Where
  two processes must not work beside each other (*overlaps* is false) it counts until it has ended.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from pymail.daemons.master.children import Child
from pymail.server.status import State
from pymail.server.tally import CELLS

#: How often the warning that a service is at its limit is repeated, and how long stress lasts. Postfix: master_avail.c
LIMIT_INTERVAL: Final = 1000.0


class End(Enum):
    """What the end of a process means for its service."""

    NORMAL = auto()
    FAILED_START = auto()


@dataclass(slots=True)
class Population:
    """The counts of one service. *limit* is the number of processes at the same time, 0 for no limit."""

    limit: int
    multi_session: bool
    overlaps: bool = True
    children: dict[int, Child] = field(default_factory=dict)
    throttled: bool = False
    warned_at: float | None = None
    stressed_until: float = 0.0

    @property
    def active(self) -> list[Child]:
        """The processes that count: all but the retired ones."""
        return [child for child in self.children.values() if not child.retired]

    @property
    def available(self) -> int:
        """How many of them wait for a client."""
        return sum(child.available for child in self.active)

    def is_at_limit(self) -> bool:
        """Whether no further process may be started."""
        return 0 < self.limit <= len(self.active)

    def wants_clients(self) -> bool:
        """Whether the master has to poll the sockets."""
        return not self.throttled and self.available == 0 and not self.is_at_limit()

    def is_full(self) -> bool:
        """Whether all clients that the service may serve are there."""
        return self.is_at_limit() and all(child.full or not self.multi_session for child in self.active)

    def free_index(self) -> int:
        """Return the lowest worker number that no active process has."""
        return _lowest_free({child.index for child in self.active})

    def free_cell(self) -> int:
        """Return the lowest cell of the shared page that no process has."""
        return _lowest_free({child.cell for child in self.children.values()}) % CELLS

    def add(self, child: Child) -> None:
        """A process was started."""
        self.children[child.pid] = child

    def report(self, child: Child, state: int) -> bool:
        """Take a status message; return whether it changed anything."""
        if child.retired:
            return False
        if state == State.RETIRING:
            child.retired = self.overlaps
            child.available = False
            child.use_count += 1
            return True
        full, child.full = child.full, state == State.FULL
        available = state == State.AVAILABLE
        if available == child.available:
            return full != child.full
        child.available = available
        child.use_count += available
        return True

    def end(self, pid: int, *, clean: bool) -> End:
        """A process is gone; *clean*: with exit status 0."""
        child = self.children.pop(pid)
        return End.FAILED_START if not clean and child.use_count == 0 and not child.retired else End.NORMAL

    def retire_all(self) -> None:
        """The status channel was replaced: every process ends when it is idle.

        A process of many sessions is replaced at once. One that serves a single client counts until it ends.
        """
        for child in self.children.values():
            child.available = False
            child.use_count += 1
            child.retired = child.retired or (self.multi_session and self.overlaps)

    def limit_warning_due(self, now: float) -> bool:
        """Whether to warn that the service is full: at most once in a while."""
        if self.warned_at is not None and now < self.warned_at + LIMIT_INTERVAL:
            return False
        self.warned_at = now
        return True

    def is_stressed(self, now: float) -> bool:
        """Whether new processes start with `stress=yes`."""
        return now < self.stressed_until


def _lowest_free(used: set[int]) -> int:
    number = 0
    while number in used:
        number += 1
    return number
