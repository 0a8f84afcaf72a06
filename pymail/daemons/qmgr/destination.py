"""A destination of a transport, and the delivery requests (entries) that wait for it or are in progress.

Destinations hold their waiting entries as a linked list in the order in which the jobs (messages) came into the active
queue: a message whose later recipients are read late keeps its place. There may be as many destinations and entries as
recipients in memory, so both are small.
"""

from __future__ import annotations

import asyncio

from pymail.daemons.qmgr.feedback import Window
from pymail.daemons.qmgr.message import Message
from pymail.daemons.qmgr.transport import Transport
from pymail.ipc.delivery import RequestFlag
from pymail.mail.dsn import Dsn
from pymail.mail.envelope import Recipient

_CACHE: int = RequestFlag.CONN_LOAD | RequestFlag.CONN_STORE
#: Deliveries follow each other "back to back" when the next one begins within this time, in seconds.
_BACK_TO_BACK: float = 1.0


class Entry:
    """One delivery request: some recipients of one message for one destination."""

    __slots__ = ("destination", "message", "next", "recipients")

    def __init__(self, message: Message, destination: Destination, recipients: tuple[Recipient, ...]) -> None:
        self.message = message
        self.destination = destination
        self.recipients = recipients
        self.next: Entry | None = None


class Destination:
    """Where some recipients of a transport go: all have the same next hop. *name* is its key within the transport."""

    __slots__ = (
        "busy", "cache_flags", "clog_time", "deliverable", "head", "last_done", "name", "nexthop", "queued_rank",
        "reason", "suspended", "tail", "ticket", "timer", "todo", "transport", "window",
    )  # fmt: skip

    def __init__(self, transport: Transport, name: str, nexthop: str) -> None:
        self.transport = transport
        self.name = name
        self.nexthop = nexthop
        self.window = Window(transport.limits.rules)
        #: Deliveries in progress, and entries that wait.
        self.busy = 0
        self.todo = 0
        self.head: Entry | None = None
        self.tail: Entry | None = None
        #: Why it is dead; None while it is alive.
        self.reason: Dsn | None = None
        #: True between two deliveries of a destination with a rate delay.
        self.suspended = False
        self.timer: asyncio.TimerHandle | None = None
        self.last_done = 0.0
        self.clog_time = 0.0
        self.cache_flags = 0
        # The schedule's: how many entries could be taken now, and the place in its order (0: none).
        self.deliverable = 0
        self.ticket = 0
        self.queued_rank = 0

    @property
    def is_idle(self) -> bool:
        """True when nothing waits, is in progress or has to be remembered."""
        return not self.busy and not self.todo and self.reason is None and not self.suspended

    def push(self, entry: Entry) -> None:
        """Let *entry* wait, behind all entries of its own and of earlier messages."""
        self.todo += 1
        entry.next = None
        tail = self.tail
        if tail is None:
            self.head = self.tail = entry
        elif tail.message.rank <= entry.message.rank:
            tail.next = entry
            self.tail = entry
        else:
            self._insert(entry)

    def push_front(self, entry: Entry) -> None:
        """Put back an entry that was taken but not delivered."""
        self.todo += 1
        entry.next = self.head
        self.head = entry
        if self.tail is None:
            self.tail = entry

    def _insert(self, entry: Entry) -> None:
        rank = entry.message.rank
        previous, at = None, self.head
        while at is not None and at.message.rank <= rank:
            previous, at = at, at.next
        entry.next = at
        if previous is None:
            self.head = entry
        else:
            previous.next = entry

    def shift(self) -> Entry:
        """Take the first entry that waits; there is one."""
        entry = self.head
        assert entry is not None
        self.head = entry.next
        if self.head is None:
            self.tail = None
        entry.next = None
        self.todo -= 1
        return entry

    def free(self) -> int:
        """Return how many of the waiting entries could be delivered now."""
        if self.suspended or not self.todo:
            return 0
        return max(0, min(self.window.size - self.busy, self.todo))

    def connection_flags(self, now: float) -> int:
        """Return the connection cache hints for a delivery that was just selected (and is counted in *busy*)."""
        back_to_back = self.last_done + _BACK_TO_BACK >= now
        if not self.cache_flags & RequestFlag.CONN_STORE:
            if back_to_back:
                self.cache_flags = _CACHE
        elif not back_to_back and self.busy <= 1:
            self.cache_flags &= ~RequestFlag.CONN_STORE
        return self.cache_flags
