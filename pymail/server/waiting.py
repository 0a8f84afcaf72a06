"""Wait for a client, the master or the time: the common part of the blocking skeletons.

The process waits on its listeners and on the status channel. When the channel becomes readable the master is gone or
has replaced it, and the process ends.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Sequence
from enum import Enum, auto

from pymail.server.status import StatusChannel


class Event(Enum):
    """What ended the wait."""

    CLIENT = auto()
    MASTER = auto()
    IDLE = auto()


class Waiter:
    """Waits for one of the three."""

    def __init__(self, listeners: Sequence[socket.socket], status: StatusChannel | None, *, fifo: int = -1) -> None:
        self._selector = selectors.DefaultSelector()
        self._ready: list[socket.socket] = []
        self._status = status.sock if status is not None else None
        for listener in listeners:
            listener.setblocking(False)
            self._selector.register(listener, selectors.EVENT_READ)
        if fifo >= 0:
            self._selector.register(fifo, selectors.EVENT_READ)
        if self._status is not None:
            self._selector.register(self._status, selectors.EVENT_READ)

    def wait(self, max_idle: float) -> Event:
        """Wait up to *max_idle* seconds (0: for ever)."""
        deadline = time.monotonic() + max_idle
        while True:
            timeout = max(0.0, deadline - time.monotonic()) if max_idle else None
            ready = [key.fileobj for key, _events in self._selector.select(timeout)]
            if self._status is not None and self._status in ready:
                return Event.MASTER
            self._ready = [item for item in ready if isinstance(item, socket.socket)]
            if ready:
                return Event.CLIENT
            if max_idle and time.monotonic() >= deadline:
                return Event.IDLE

    def accept(self) -> socket.socket | None:
        """Accept one client of the last wait; None when another process was faster."""
        for listener in self._ready:
            try:
                client, _address = listener.accept()
            except OSError:
                continue
            client.setblocking(True)
            return client
        return None

    @property
    def ready(self) -> list[socket.socket]:
        """The listeners that the last wait found readable."""
        return self._ready
