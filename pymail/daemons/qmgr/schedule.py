"""Which entry of a transport is delivered next. Pure decisions: no sockets, no time.

Messages are served in the order in which they came into the active queue, and each destination takes as many
deliveries at the same time as its window allows: the next entry is that of the earliest message whose destination has
room. Entries of one message for several destinations take turns.

The order is a heap of destinations, keyed by the rank of their first waiting message; places in it that are out of date
are dropped when they come up. Whoever changes a destination (an entry comes or goes, a window moves, it dies or
revives) calls `update`. Preemption of large messages by small ones will change ranks, and belongs here.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pymail.daemons.qmgr.destination import Destination, Entry


class Schedule:
    """The waiting entries of one transport. *deliverable* counts those that could be taken now."""

    __slots__ = ("_heap", "_ticket", "deliverable")

    def __init__(self) -> None:
        self.deliverable = 0
        self._heap: list[tuple[int, int, Destination]] = []
        self._ticket = 0

    def add(self, entry: Entry) -> None:
        """Let *entry* wait for its destination."""
        entry.destination.push(entry)
        self.update(entry.destination)

    def put_back(self, entry: Entry) -> None:
        """Undo `take` for an entry that was not handed over."""
        destination = entry.destination
        destination.busy -= 1
        destination.push_front(entry)
        self.update(destination)

    def update(self, destination: Destination) -> None:
        """Take note that *destination* has changed."""
        free = destination.free()
        self.deliverable += free - destination.deliverable
        destination.deliverable = free
        head = destination.head
        if not free or head is None:
            return
        rank = head.message.rank
        if not destination.ticket or rank < destination.queued_rank:
            self._ticket += 1
            destination.ticket = self._ticket
            destination.queued_rank = rank
            heapq.heappush(self._heap, (rank, self._ticket, destination))

    def take(self) -> Entry | None:
        """Return the next entry, and count it as in progress at its destination; None when there is none."""
        heap = self._heap
        while heap:
            _, ticket, destination = heapq.heappop(heap)
            if ticket != destination.ticket:
                continue
            destination.ticket = 0
            if not destination.deliverable:
                continue
            entry = destination.shift()
            destination.busy += 1
            self.update(destination)
            return entry
        return None

    def take_waiting(self, destination: Destination) -> list[Entry]:
        """Return all entries that wait for *destination*; none does any more."""
        entries = [destination.shift() for _ in range(destination.todo)]
        self.update(destination)
        return entries
