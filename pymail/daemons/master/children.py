"""The processes of a service: fork one, become it, count them.

What the child has to undo: every descriptor of the master but its own ends (an inherited lock would say "running" after
the master's death, an inherited listener would keep the port), signal handlers and the wakeup descriptor. It never
returns into the master's code, and leaves by `os._exit` only.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

import setproctitle

from pymail.config.main_cf import MainCf
from pymail.daemons.master import foreign
from pymail.daemons.master.plumbing import Ends
from pymail.daemons.master.service_table import Service
from pymail.log.fatal import FatalError
from pymail.log.logger import Log
from pymail.server import entry, kinds, launch
from pymail.server.flow import FlowPipe
from pymail.server.invocation import Invocation
from pymail.server.status import StatusChannel
from pymail.server.tally import Tally
from pymail.unix import descriptors, signals


@dataclass(slots=True)
class Child:
    """One process, as the master knows it."""

    pid: int
    generation: int
    index: int  # which worker of the service, for its share
    cell: int  # in the shared page
    available: bool = True
    full: bool = False
    retired: bool = False
    use_count: int = 0


@dataclass(slots=True)
class Start:
    """What a new process needs to know."""

    service: Service
    ends: Ends
    flow: FlowPipe
    directory: str  # of main.cf
    daemon_directory: str
    environ: Mapping[str, str]
    postlog: tuple[str, str] | None
    mains: Mapping[str, entry.Main]
    log: Log
    generation: int = 0
    index: int = 0
    cell: int = 0
    stress: str = ""
    known: MainCf | None = None  # the master's own reading of main.cf


def fork(start: Start) -> int:
    """Start a process and return its number. Signals wait until the child has no handlers. Raises OSError."""
    signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())
    try:
        pid = os.fork()
        if pid == 0:
            become(start)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
    return pid


def become(start: Start) -> NoReturn:
    """In the child: be the daemon."""
    status = 1
    try:
        signals.reset(ignore=start.service.ours)
        if start.service.ours:
            status = _be_ours(start)
        else:
            status = entry.guarded(lambda: _be_foreign(start), start.log)
    finally:
        os._exit(status)


def _be_foreign(start: Start) -> None:
    service, ends = start.service, start.ends
    fds = [start.flow.read_fd, start.flow.write_fd, ends.status_write.fileno(), *ends.descriptors()]
    environ = foreign.environment(start.environ, start.generation, start.directory, start.postlog)
    try:
        foreign.execute(service.path, [service.program, *service.argv(start.stress)], fds, environ)
    except OSError as error:
        raise FatalError(f"exec {service.path}: {error.strerror}") from error


def _be_ours(start: Start) -> int:
    service, ends = start.service, start.ends
    kept = [start.flow.read_fd, start.flow.write_fd, ends.status_write.fileno(), *ends.descriptors()]
    log_fd = getattr(start.log.sink, "fileno", lambda: -1)()
    descriptors.close_all_except([*kept, log_fd])
    setproctitle.setproctitle(service.title())
    made: list[Invocation] = []
    status = entry.guarded(lambda: made.append(_invocation(start)), start.log)
    if status:
        return status
    closing = getattr(start.log.sink, "close", None)
    if closing is not None:
        closing()
    invocation = made[0]
    main = start.mains.get(service.program)
    if main is None:
        return entry.guarded(lambda: launch.service_main(service.program)(invocation), invocation.log)
    return entry.live(main, invocation)


def _invocation(start: Start) -> Invocation:
    service, ends = start.service, start.ends
    workers = service.workers
    plumbing = launch.Plumbing(
        listeners=tuple(ends.listeners),
        status=StatusChannel(ends.status_write, start.generation, extended=True),
        flow=start.flow,
        tally=Tally(ends.page, start.cell, workers) if service.multi_session else None,
        share=kinds.share(service.program, service.maxproc, workers, start.index),
        fifo=ends.fifo,
    )
    options = launch.parse_options(service.program, service.argv(start.stress))
    return launch.invocation(service.program, start.directory, options, plumbing, start.known)
