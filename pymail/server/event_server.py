"""The skeleton of daemons that serve many clients in one process, on one event loop.

`run` takes the process through its whole life: start (`startup.prepare`), the daemon's `after_jail` in the loop, then
clients until it retires. It retires when it has served enough (max_use times its share), when it was idle for max_idle,
and when the status channel becomes readable, that is when the master is gone or reloads: it stops to accept, closes the
listeners, tells the master (which starts a successor), serves its sessions to the end, and returns.

Reports to the master. TAKEN when the share is used up or, if the share is large, from BUSY sessions on: with all
workers taken the master starts another one at once, up to the worker limit, so that a busy service gets more
processors; a worker goes on to accept until its share is used up. AVAILABLE again below the share, or at half of BUSY.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import socket
import traceback
from typing import Any, Final

import uvloop

from pymail.log.fatal import FatalError
from pymail.server import kinds, startup
from pymail.server.acceptor import Acceptor
from pymail.server.invocation import Invocation
from pymail.server.params import ServerParams
from pymail.server.passing import PassAcceptor
from pymail.server.session import EventDaemon, Session
from pymail.server.status import State
from pymail.server.watchdog import Watchdog
from pymail.unix.descriptors import raise_limit

TRANSPORTS: Final = ("inet", "unix", "pass")
#: Sessions from which on a worker asks for a colleague.
BUSY: Final = 8
#: The same for services whose clients are our own daemons, with connections that they keep and seldom use.
SHARED_BUSY: Final = 64
#: Descriptors that one session may need (client, cleanup, anvil, milter), and those of the process itself.
_FDS_PER_SESSION: Final = 4
_FDS_RESERVED: Final = 64
#: Clients of a worker without a limit of clients, per max_use.
_UNLIMITED_USE: Final = 100
_BACKLOG: Final = 100
#: Seconds for which a worker that asked for a colleague must have few sessions before it takes that back.
_CALM: Final = 1.0
#: Log lines that follow each other closely are written together; the first one of a while at once.
_LOG_INTERVAL: Final = 0.01
#: How often a worker that leaves places to retiring ones looks whether they are free, in seconds.
_TALLY_INTERVAL: Final = 1.0


def run(invocation: Invocation, daemon: EventDaemon) -> None:
    """Live as *daemon*; returns at the end of a normal life. Raises FatalError and what the daemon's start raises."""
    params = startup.prepare(invocation, daemon, TRANSPORTS)
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    Worker(invocation, daemon, params, loop).live()


class Worker:
    """One process with its listeners and sessions; the Keeper of its sessions."""

    def __init__(
        self, invocation: Invocation, daemon: EventDaemon, params: ServerParams, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.live_sessions = 0
        self.retiring = False
        self._invocation = invocation
        self._daemon = daemon
        self._loop = loop
        self._log = invocation.log
        self._limit = _descriptor_share(invocation.share)
        self._burden = 0
        hard = 0 < invocation.share <= BUSY
        busy = BUSY if kinds.counts_clients(invocation.program) else SHARED_BUSY
        self._busy_at = invocation.share if hard else busy
        self._free_at = self._busy_at - 1 if hard else busy // 2
        self._is_hard = hard
        self._calming = False
        self._flushed_at = 0.0
        self._clients = 0
        self._max_clients = self._max_use(params)
        self._max_idle = self._idle_time(params)
        self._watchdog = Watchdog(getattr(daemon, "watchdog_timeout", params.daemon_timeout))
        self._acceptors: list[Acceptor | PassAcceptor] = []
        self._accepting = False
        self._reported = State.AVAILABLE
        self._has_served = False
        self._last_client = 0.0
        self._fatal: BaseException | None = None

    # -- life

    def live(self) -> None:
        """Serve until retired. Raises what ended the process early."""
        loop = self._loop
        loop.set_exception_handler(self._on_exception)
        loop.run_until_complete(self._daemon.after_jail(self._invocation))
        self._start()
        gc.collect()
        gc.freeze()
        gc.set_threshold(10_000, 10, 20)
        loop.run_forever()
        if self._fatal is not None:
            raise self._fatal
        at_exit = getattr(self._daemon, "at_exit", None)
        if at_exit is not None:
            loop.run_until_complete(at_exit())
        self._watchdog.stop()
        self._log.on_buffered = None
        self._log.flush()
        loop.close()

    def _start(self) -> None:
        loop = self._loop
        self._log.flush()
        self._log.on_buffered = self._flush_soon
        self._acceptors = [self._acceptor(listener) for listener in self._invocation.listeners]
        status = self._invocation.status
        if status is not None:
            loop.add_reader(status.sock.fileno(), self._on_status)
        self._last_client = loop.time()
        self._resume()
        self._weigh()
        self._tend()
        if self._max_idle:
            loop.call_later(self._max_idle, self._on_idle)

    def _acceptor(self, listener: socket.socket) -> Acceptor | PassAcceptor:
        listener.setblocking(False)
        if self._invocation.transport == "pass":
            return PassAcceptor(self._loop, listener, self._session, self._log)
        return Acceptor(self._loop, listener, self._session, _BACKLOG)

    def _flush_soon(self) -> None:
        wait = self._flushed_at + _LOG_INTERVAL - self._loop.time()
        if wait > 0:
            self._loop.call_later(wait, self._flush)
        else:
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushed_at = self._loop.time()
        self._log.flush()

    def _tend(self) -> None:
        """Say to the watchdog that the loop turns, and see that the listeners are polled."""
        self._watchdog.restart()
        if self._accepting:
            for acceptor in self._acceptors:
                if not acceptor.is_alive():
                    acceptor.stop()
                    acceptor.start()
        self._loop.call_later(min(self._watchdog.timeout / 3, 60), self._tend)

    def _on_exception(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:  # Any: asyncio's type
        """Report a fault of one session, which has lost its connection by it; a FatalError ends the process."""
        error = context.get("exception")
        if isinstance(error, FatalError | SystemExit):
            self._fatal = error
            self._loop.stop()
            return
        self._log.warning("%s", context.get("message", "unhandled exception"))
        if error is not None:
            for line in traceback.format_exception(error):
                for part in line.rstrip().split("\n"):
                    self._log.warning("%s", part)

    # -- clients

    def _session(self) -> Session:
        """Make the session of a client that was just accepted."""
        try:
            session = self._daemon.session()
        except Exception as error:
            self._on_exception(self._loop, {"message": "cannot make a session", "exception": error})
            session = _Refused()
        session.keeper = self
        self._clients += 1
        self.live_sessions = live = self.live_sessions + 1
        if live == self._busy_at or live >= self._limit - self._burden or self._clients >= self._max_clients > 0:
            self._loop.call_soon(self._on_busy)
        return session

    def _on_busy(self) -> None:
        """Act on the last client's arrival, before the loop accepts another one."""
        if self.retiring:
            return
        live = self.live_sessions
        if self._clients >= self._max_clients > 0:
            self.retire()
        elif live >= self._limit - self._burden:
            self._pause()
            self._invocation.stress.begin()
            self._report(State.FULL)
        elif live >= self._busy_at and self._reported == State.AVAILABLE:
            self._report(State.TAKEN)

    def session_ended(self) -> None:
        """A client is gone: its place is free."""
        self.live_sessions = live = self.live_sessions - 1
        if self.retiring:
            self._tell_burden()
            if live == 0:
                self._loop.stop()
            return
        self._last_client = self._loop.time()
        if not self._has_served:
            self._has_served = True
            if self._reported == State.AVAILABLE:
                self._report(State.TAKEN, State.AVAILABLE)  # the pair shows the master that the start was good
        if not self._accepting:
            self._resume()
        if live <= self._free_at and self._reported != State.AVAILABLE:
            if self._is_hard:
                self._report(State.AVAILABLE)
            elif not self._calming:
                self._calming = True
                self._loop.call_later(_CALM, self._calm_down)
        elif self._reported == State.FULL and live < self._limit:
            self._report(State.TAKEN)

    def _calm_down(self) -> None:
        """Take the wish for a colleague back, unless the sessions are many again."""
        self._calming = False
        if not self.retiring and self.live_sessions <= self._free_at and self._reported != State.AVAILABLE:
            self._report(State.AVAILABLE)

    def _resume(self) -> None:
        if not self._accepting and self.live_sessions < self._limit - self._burden:
            self._accepting = True
            for acceptor in self._acceptors:
                acceptor.start()

    def _pause(self) -> None:
        if self._accepting:
            self._accepting = False
            for acceptor in self._acceptors:
                acceptor.stop()

    def _weigh(self) -> None:
        """Leave the places to predecessors that still serve clients."""
        tally = self._invocation.tally
        if tally is None or not self._invocation.share or self.retiring:
            return
        self._burden = tally.burden()
        self._resume()
        if self.live_sessions >= self._limit - self._burden:
            self._pause()
        if self._burden:
            self._loop.call_later(_TALLY_INTERVAL, self._weigh)

    def _tell_burden(self) -> None:
        if self._invocation.tally is not None:
            self._invocation.tally.write(self.live_sessions)

    def _report(self, *states: State) -> None:
        status = self._invocation.status
        self._reported = states[-1]
        if status is not None and not status.report(*states) and self._reported == State.AVAILABLE:
            self._loop.call_soon(self.retire)

    # -- the end

    def _on_status(self) -> None:
        """The master is gone, or has replaced the channel."""
        self.retire()

    def _on_idle(self) -> None:
        if self.retiring:
            return
        rest = self._last_client + self._max_idle - self._loop.time()
        if self.live_sessions == 0 and rest <= 0:
            self.retire()
        else:
            self._loop.call_later(max(rest, 1.0) if self.live_sessions == 0 else self._max_idle, self._on_idle)

    def retire(self) -> None:
        """Accept no more; end with the last session."""
        if self.retiring:
            return
        self.retiring = True
        self._accepting = False
        self._tell_burden()
        for acceptor in self._acceptors:
            acceptor.close()
        status = self._invocation.status
        if status is not None:
            self._loop.remove_reader(status.sock.fileno())
            status.report(State.RETIRING)
        hook = getattr(self._daemon, "retire", None)
        if hook is not None:
            hook()
        if self.live_sessions == 0:
            self._loop.stop()

    def _max_use(self, params: ServerParams) -> int:
        daemon, invocation = self._daemon, self._invocation
        if getattr(daemon, "stay_forever", False) or not getattr(daemon, "max_use_counts", True):
            return 0
        max_use = params.max_use if invocation.max_use is None else invocation.max_use
        return max_use * (invocation.share or _UNLIMITED_USE)

    def _idle_time(self, params: ServerParams) -> int:
        if getattr(self._daemon, "stay_forever", False):
            return 0
        max_idle = params.max_idle if self._invocation.max_idle is None else self._invocation.max_idle
        return max(max_idle, getattr(self._daemon, "minimum_idle", 0)) if max_idle else 0


def _descriptor_share(share: int) -> int:
    """Return how many sessions the process may have, as its share and its limit of descriptors allow."""
    raise_limit()
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    possible = max(1, (descriptors - _FDS_RESERVED) // _FDS_PER_SESSION)
    return min(share, possible) if share else possible


class _Refused(Session):
    """A client for whom no session could be made."""

    __slots__ = ()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close at once."""
        super().connection_made(transport)
        self.transport.abort()
