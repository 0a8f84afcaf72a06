"""Triggers, on both kinds of daemon: a client sends a few octets, each a request, and expects no reply.

`TriggerSession` is for a daemon with an event loop (qmgr, flush, tlsmgr), `run_trigger` the skeleton of a blocking one
(pickup): one process, woken by the master's timer and by postdrop.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Final, Protocol

from pymail.server import startup
from pymail.server.invocation import Invocation
from pymail.server.params import ServerParams
from pymail.server.session import Session
from pymail.server.status import State
from pymail.server.waiting import Event, Waiter
from pymail.server.watchdog import Watchdog
from pymail.unix import locks

TRANSPORTS: Final = ("unix", "fifo", "pass")
#: The longest request that is read. Postfix: mail_trigger protocol, one read.
MAX_REQUEST: Final = 1024
#: How long a client may take to send its octets.
TRIGGER_TIMEOUT: Final = 10


class TriggerSession(Session):
    """One client that triggers: what it sends first is given to *on_request*, then it is disconnected."""

    __slots__ = ("_on_request",)

    def __init__(self, on_request: Callable[[bytes], None]) -> None:
        super().__init__()
        self._on_request = on_request

    def data_received(self, data: bytes) -> None:
        """Take the requests; NUL octets are padding."""
        self.transport.close()
        requests = data[:MAX_REQUEST].replace(b"\0", b"")
        if requests:
            self._on_request(requests)


class TriggerDaemon(Protocol):
    """What a blocking daemon gives to `run_trigger`. Optional: `required_process_limit`, `watchdog_timeout`."""

    def before_jail(self, invocation: Invocation) -> None:
        """As root, in queue_directory."""

    def after_jail(self, invocation: Invocation) -> None:
        """After the drop, before the first trigger."""

    def on_trigger(self, requests: bytes) -> None:
        """Do what the octets ask for."""


def run_trigger(invocation: Invocation, daemon: TriggerDaemon) -> None:
    """Live as *daemon*; returns at the end of a normal life. Raises FatalError and what the daemon raises."""
    lock_fd = startup.open_lock(invocation, ServerParams(invocation.conf))
    params = startup.prepare(invocation, daemon, TRANSPORTS)
    daemon.after_jail(invocation)
    invocation.log.flush()
    max_use = params.max_use if invocation.max_use is None else invocation.max_use
    max_idle = params.max_idle if invocation.max_idle is None else invocation.max_idle
    waiter = Waiter(invocation.listeners, invocation.status, fifo=invocation.fifo)
    watchdog = Watchdog(getattr(daemon, "watchdog_timeout", params.daemon_timeout))
    status = invocation.status
    served = 0
    while served < max_use or not max_use:
        watchdog.stop()
        if lock_fd is not None:
            locks.lock(lock_fd, wait=True)
        watchdog.restart()
        event = waiter.wait(max_idle)
        client = waiter.accept() if event is Event.CLIENT else None
        requests = read_fifo(invocation.fifo) if invocation.fifo >= 0 else b""
        if lock_fd is not None:
            locks.unlock(lock_fd)
        if event is not Event.CLIENT:
            break
        if client is None and not requests:
            continue
        if status is not None:
            status.report(State.TAKEN)
        if client is not None:
            requests = read_request(client)
        if requests:
            daemon.on_trigger(requests)
        invocation.log.flush()
        served += 1
        if status is not None and not status.report(State.AVAILABLE):
            break
    watchdog.stop()
    invocation.log.flush()


def read_request(client: socket.socket) -> bytes:
    """Read what the client sends, without NUL octets, and hang up."""
    with client:
        client.settimeout(TRIGGER_TIMEOUT)
        try:
            return client.recv(MAX_REQUEST).replace(b"\0", b"")
        except OSError:
            return b""


def read_fifo(fd: int) -> bytes:
    """Read what is in a named pipe, without NUL octets."""
    try:
        return os.read(fd, MAX_REQUEST).replace(b"\0", b"")
    except OSError:
        return b""
