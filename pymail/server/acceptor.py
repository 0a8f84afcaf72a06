"""Accept clients from a listener that other processes poll too, and stop and go on as places are free.

The cheapest way from a pending connection to a Protocol on uvloop is its own server object (per connection 32 us of
CPU with the client's work, against 44 us for `accept` and `connect_accepted_socket`). It takes one connection per turn
of the loop and calls the factory at once, so a stop that the factory orders by `call_soon` comes before the next one.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence

from pymail.server.session import Session


class Acceptor:
    """One listener. The server works on a duplicate of its descriptor, so that it can be closed and made again."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, listener: socket.socket, factory: Callable[[], Session], backlog: int
    ) -> None:
        self._loop = loop
        self._listener = listener
        self._factory = factory
        self._backlog = backlog
        self._server: asyncio.AbstractServer | None = None

    def start(self) -> None:
        """Poll the listener. Raises OSError."""
        if self._server is not None:
            return
        duplicate = self._listener.dup()
        loop = self._loop
        create = loop.create_unix_server if duplicate.family == socket.AF_UNIX else loop.create_server
        creation = create(self._factory, sock=duplicate, backlog=self._backlog)
        try:
            creation.send(None)
        except StopIteration as stop:  # uvloop makes a server of a ready socket without waiting
            self._server = stop.value
        else:
            raise RuntimeError("the loop waits when it makes a server of a ready socket")

    def stop(self) -> None:
        """Leave the listener to the others."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def is_alive(self) -> bool:
        """Whether it polls; the loop ends a server after an error of accept."""
        server = self._server
        if server is None:
            return False
        sockets: Sequence[socket.socket] = getattr(server, "sockets", ())
        try:
            return bool(sockets) and sockets[0].fileno() >= 0
        except (OSError, RuntimeError):
            return False

    def close(self) -> None:
        """Give the listener up for good: a new master must be able to bind."""
        self.stop()
        self._listener.close()
