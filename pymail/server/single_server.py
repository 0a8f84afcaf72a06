"""The skeleton of daemons that serve one client at a time, with blocking code.

`run` takes the process through its whole life. The processes of a service take turns by a lock on `pid/TYPE.SERVICE`:
who holds it waits for a client, and releases it right after accept. TAKEN and AVAILABLE are reported around each
client. The process ends after max_use clients, after max_idle without one, and when the status channel becomes
readable.
"""

from __future__ import annotations

import socket
import time
from typing import Final, Protocol

from pymail.server import startup
from pymail.server.invocation import Invocation
from pymail.server.params import ServerParams
from pymail.server.passing import receive_descriptor
from pymail.server.status import State
from pymail.server.waiting import Event, Waiter
from pymail.server.watchdog import Watchdog
from pymail.unix import locks

TRANSPORTS: Final = ("inet", "unix", "pass")


class SingleDaemon(Protocol):
    """What such a daemon gives to `run`. Optional attributes: `required_process_limit` and `max_use_counts` as in
    `session.EventDaemon`, `takes_flow_token = True`, and `def pre_accept(self) -> bool` (False: end, a table changed).
    """

    def before_jail(self, invocation: Invocation) -> None:
        """As root, in queue_directory."""

    def after_jail(self, invocation: Invocation) -> None:
        """After the drop, before the first client."""

    def serve(self, client: socket.socket) -> None:
        """Serve one client; its socket is blocking and is closed afterwards."""


def run(invocation: Invocation, daemon: SingleDaemon) -> None:
    """Live as *daemon*; returns at the end of a normal life. Raises FatalError and what the daemon raises."""
    lock_fd = startup.open_lock(invocation, ServerParams(invocation.conf))
    params = startup.prepare(invocation, daemon, TRANSPORTS)
    daemon.after_jail(invocation)
    invocation.log.flush()
    _Process(invocation, daemon, params, lock_fd).live()


class _Process:
    def __init__(self, invocation: Invocation, daemon: SingleDaemon, params: ServerParams, lock_fd: int | None) -> None:
        self._invocation = invocation
        self._daemon = daemon
        self._params = params
        self._lock_fd = lock_fd
        self._waiter = Waiter(invocation.listeners, invocation.status)
        self._watchdog = Watchdog(getattr(daemon, "watchdog_timeout", params.daemon_timeout))
        self._max_idle = params.max_idle if invocation.max_idle is None else invocation.max_idle
        max_use = params.max_use if invocation.max_use is None else invocation.max_use
        self._max_use = max_use if getattr(daemon, "max_use_counts", True) else 0

    def live(self) -> None:
        served = 0
        while client := self._next_client():
            with client:
                self._report(State.TAKEN)
                self._take_token()
                self._daemon.serve(client)
            self._invocation.log.flush()
            served += 1
            if not self._report(State.AVAILABLE) or served >= self._max_use > 0:
                break
        self._watchdog.stop()
        self._invocation.log.flush()

    def _next_client(self) -> socket.socket | None:
        """Accept the next client; None when the process has to end."""
        while True:
            self._lock()
            try:
                event = self._waiter.wait(self._max_idle)
                pre_accept = getattr(self._daemon, "pre_accept", None)
                if event is not Event.CLIENT or (pre_accept is not None and not pre_accept()):
                    return None
                client = self._waiter.accept()
            finally:
                self._unlock()
            if client is not None and self._invocation.transport == "pass":
                client = self._passed(client)
            if client is not None:
                return client

    def _lock(self) -> None:
        self._watchdog.stop()
        if self._lock_fd is not None:
            locks.lock(self._lock_fd, wait=True)
        self._watchdog.restart()

    def _unlock(self) -> None:
        if self._lock_fd is not None:
            locks.unlock(self._lock_fd)

    def _passed(self, sender: socket.socket) -> socket.socket | None:
        with sender:
            sender.settimeout(self._params.daemon_timeout)
            try:
                return receive_descriptor(sender)
            except OSError as error:
                self._invocation.log.warning("receive connection: %s", error)
                return None

    def _take_token(self) -> None:
        flow = self._invocation.flow
        wanted = getattr(self._daemon, "takes_flow_token", False) and self._params.in_flow_delay
        if flow is not None and wanted and not flow.take():
            time.sleep(self._params.in_flow_delay)

    def _report(self, state: State) -> bool:
        status = self._invocation.status
        return status is None or status.report(state)
