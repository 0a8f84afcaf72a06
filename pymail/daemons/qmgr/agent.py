"""One connection to a delivery agent: it says that it is free, gets a request, and says how it went.

The agent is another process and may be gone at any time, so every end of the connection is a report to the owner:
*failed* before it had a whole request (nothing was delivered), *done* with None after that (we cannot know). Plain
sockets and readers of our own: a transport object per delivery would cost more than the rest of it.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Final, Protocol

from pymail.ipc.delivery import PROTOCOL, FinalStatus
from pymail.proto import attr

if TYPE_CHECKING:
    from pymail.daemons.qmgr.destination import Entry
    from pymail.daemons.qmgr.readers import Readers
    from pymail.daemons.qmgr.transport import Transport

_ANNOUNCEMENT: Final = attr.announcement(PROTOCOL)
_DELIVERED: Final = FinalStatus(again=False)
_DELIVERED_OCTETS: Final = _DELIVERED.encode()
_READ_SIZE: Final = 4096
#: Octets that an announcement or a final status may have; a reason is a line of text.
_REPLY_LIMIT: Final = 64 * 1024
#: A listener whose backlog is full answers EAGAIN at once. Seconds until we try again, at first and at most.
_FIRST_WAIT: Final = 0.005
_LONGEST_WAIT: Final = 1.0

Connect = Callable[[str], socket.socket]


def connect_unix(path: str) -> socket.socket:
    """Connect to *path* without waiting; raises BlockingIOError when the backlog is full, OSError."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        client.connect(path)
    except OSError:
        client.close()
        raise
    return client


class State(Enum):
    """How far a connection is."""

    CONNECTING = 0
    WAITING = 1  # for the announcement
    READY = 2
    SENDING = 3
    DELIVERING = 4
    CLOSED = 5


class AgentEvents(Protocol):
    """Who owns the connections."""

    def agent_ready(self, agent: Agent) -> None:
        """The agent is free: `send` a request, or `close`."""

    def agent_failed(self, agent: Agent, warning: str) -> None:
        """The agent cannot take a request; the connection is closed."""

    def agent_done(self, agent: Agent, status: FinalStatus | None, warning: str) -> None:
        """The agent has said how it went, or is gone (None); the connection is closed."""


class Agent:
    """One connection. *entry* is the owner's: what was given to the agent."""

    __slots__ = (
        "_connect", "_events", "_loop", "_reader", "_readers", "_rest", "_socket", "_timer", "_wait", "entry", "path",
        "since", "state", "transport",
    )  # fmt: skip

    def __init__(
        self, transport: Transport, events: AgentEvents, readers: Readers, connect: Connect = connect_unix
    ) -> None:
        self.transport = transport
        self.path = "private/" + transport.name
        self.entry: Entry | None = None
        self.state = State.CONNECTING
        self._loop = asyncio.get_running_loop()
        #: When it began to wait for the agent (loop time).
        self.since = self._loop.time()
        self._events = events
        self._readers = readers
        self._connect = connect
        self._socket: socket.socket | None = None
        self._reader: attr.ListReader | None = None
        self._rest: memoryview | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._wait = _FIRST_WAIT

    def start(self) -> None:
        """Connect; the owner's methods are called when there is something to do, maybe at once."""
        try:
            self._socket = self._connect(self.path)
        except BlockingIOError:
            self._timer = self._loop.call_later(self._wait, self.start)
            self._wait = min(2 * self._wait, _LONGEST_WAIT)
            return
        except OSError as error:
            self._fail(f"connect to transport {self.path}: {error.strerror or error}")
            return
        self.state = State.WAITING
        self._readers.add(self._socket.fileno(), self._on_readable)

    def send(self, entry: Entry, request: bytes) -> None:
        """Hand *entry* over, as *request*."""
        assert self._socket is not None
        self.entry = entry
        self.since = self._loop.time()
        self.state = State.DELIVERING
        try:
            sent = self._socket.send(request)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self._fail(f"write to transport {self.path}: {error.strerror or error}")
            return
        if sent < len(request):
            self.state = State.SENDING
            self._rest = memoryview(request)[sent:]
            self._loop.add_writer(self._socket.fileno(), self._on_writable)

    def _on_writable(self) -> None:
        assert self._socket is not None
        assert self._rest is not None
        try:
            sent = self._socket.send(self._rest)
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(f"write to transport {self.path}: {error.strerror or error}")
            return
        self._rest = self._rest[sent:]
        if not self._rest:
            self._rest = None
            self._loop.remove_writer(self._socket.fileno())
            self.state = State.DELIVERING

    def _on_readable(self) -> None:
        assert self._socket is not None
        try:
            data = self._socket.recv(_READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._end(f"{self.path} socket: premature disconnect")
        elif self.state is State.WAITING and self._reader is None and data == _ANNOUNCEMENT:
            self._ready()
        elif self.state is State.DELIVERING and self._reader is None and data == _DELIVERED_OCTETS:
            self._done(_DELIVERED)
        elif self.state is State.WAITING or self.state is State.DELIVERING:
            self._collect(data)
        else:
            self._end(f"{self.path} socket: malformed response")

    def _collect(self, data: bytes) -> None:
        """Take a reply that is not the usual one, or comes in pieces."""
        if self._reader is None:
            self._reader = attr.ListReader(_REPLY_LIMIT)
        self._reader.feed(data)
        try:
            fields = self._reader.next_list()
            if fields is None:
                return
            self._reader = None
            if self.state is State.WAITING:
                attr.check_announcement(fields, PROTOCOL)
                self._ready()
            else:
                self._done(FinalStatus.decode(fields))
        except attr.AttrError:
            self._end(f"{self.path} socket: malformed response")

    def _ready(self) -> None:
        self.state = State.READY
        self._events.agent_ready(self)

    def _end(self, warning: str) -> None:
        """The agent is gone, or speaks nonsense."""
        if self.state is State.DELIVERING:
            self.close()
            self._events.agent_done(self, None, warning)
        else:
            self._fail(warning)

    def _fail(self, warning: str) -> None:
        self.close()
        self._events.agent_failed(self, warning)

    def _done(self, status: FinalStatus) -> None:
        self.close()
        self._events.agent_done(self, status, "")

    def close(self) -> None:
        """Hang up, without a report."""
        self.state = State.CLOSED
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._socket is not None:
            descriptor = self._socket.fileno()
            self._readers.forget(descriptor)
            if self._rest is not None:
                self._loop.remove_writer(descriptor)
                self._rest = None
            self._socket.close()
            self._socket = None
