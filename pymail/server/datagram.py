"""The skeleton of a daemon that receives datagrams on a UNIX socket and answers none (postlogd)."""

from __future__ import annotations

import socket
from typing import Final, Protocol

from pymail.server import startup
from pymail.server.invocation import Invocation
from pymail.server.params import ServerParams
from pymail.server.status import State
from pymail.server.waiting import Event, Waiter
from pymail.server.watchdog import Watchdog
from pymail.unix import locks

TRANSPORTS: Final = ("unix-dgram",)
#: The longest datagram; our own sinks join lines up to 16 KiB.
MAX_DATAGRAM: Final = 65536
#: Datagrams that are taken in one go before the daemon writes them out.
_BATCH: Final = 500


class DatagramDaemon(Protocol):
    """What such a daemon gives to `run_datagram`. Optional: `required_process_limit`, `watchdog_timeout`,
    `max_use_counts = False`, `stay_forever = True`, and `def end_of_batch(self)`, called when no datagram is waiting.
    """

    def before_jail(self, invocation: Invocation) -> None:
        """As root, in queue_directory."""

    def after_jail(self, invocation: Invocation) -> None:
        """After the drop, before the first datagram."""

    def datagram(self, data: bytes) -> None:
        """Take one datagram."""


def run_datagram(invocation: Invocation, daemon: DatagramDaemon) -> None:
    """Live as *daemon*; returns at the end of a normal life. Raises FatalError and what the daemon raises."""
    lock_fd = startup.open_lock(invocation, ServerParams(invocation.conf))
    params = startup.prepare(invocation, daemon, TRANSPORTS)
    daemon.after_jail(invocation)
    invocation.log.flush()
    stay = getattr(daemon, "stay_forever", False)
    max_use = params.max_use if not stay and getattr(daemon, "max_use_counts", True) else 0
    waiter = Waiter(invocation.listeners, invocation.status)
    watchdog = Watchdog(getattr(daemon, "watchdog_timeout", params.daemon_timeout))
    end_of_batch = getattr(daemon, "end_of_batch", None)
    received = 0
    has_served = False
    while received < max_use or not max_use:
        watchdog.stop()
        if lock_fd is not None:
            locks.lock(lock_fd, wait=True)
        event = waiter.wait(0 if stay else params.max_idle)
        watchdog.restart()
        if event is Event.CLIENT:
            received += sum(_drain(listener, daemon) for listener in waiter.ready)
        if lock_fd is not None:
            locks.unlock(lock_fd)
        if event is Event.MASTER:
            # What was sent before the master closed the channel is not lost.
            for listener in invocation.listeners:
                _drain(listener, daemon)
        if end_of_batch is not None:
            end_of_batch()
        if event is not Event.CLIENT:
            break
        if not has_served and invocation.status is not None:
            has_served = True  # the pair shows the master that the start was good
            invocation.status.report(State.TAKEN, State.AVAILABLE)
    watchdog.stop()
    invocation.log.flush()


def _drain(listener: socket.socket, daemon: DatagramDaemon) -> int:
    """Give the daemon what is waiting, up to a batch; return how many."""
    for number in range(_BATCH):
        try:
            data = listener.recv(MAX_DATAGRAM)
        except OSError:
            return number
        daemon.datagram(data)
    return _BATCH
