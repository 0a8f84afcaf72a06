"""The master's loop: clients that wait, reports of processes, ends of processes, timers, signals.

One thread, one selector. Signal handlers set a flag and write to a socket pair which the selector watches.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pymail.config.main_cf import MainCf
from pymail.daemons.master import children, preload, status, wakeup
from pymail.daemons.master.children import Child, Start
from pymail.daemons.master.params import MasterParams
from pymail.daemons.master.plumbing import Ends, remove_socket
from pymail.daemons.master.population import LIMIT_INTERVAL, End, Population
from pymail.daemons.master.service_table import Key, Service
from pymail.daemons.master.timers import Timer, Timers
from pymail.log.events import master as events
from pymail.log.logger import Log
from pymail.server import entry, tally
from pymail.server.flow import FlowPipe
from pymail.server.status import State

#: A master that does not turn its loop in this time is stuck, and ends by SIGALRM.
WATCHDOG: Final = 1000
#: How long the processes may take to end with the master.
STOP_PATIENCE: Final = 2.0
_STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


@dataclass(slots=True)
class Running:
    """One service with all that it has now."""

    service: Service
    ends: Ends
    population: Population
    polled: list[int] = field(default_factory=list)
    wakeup: Timer | None = None
    wakeup_started: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What does not change while the master lives."""

    directory: str
    environ: Mapping[str, str]
    postlog: tuple[str, str] | None
    log: Log
    known: MainCf | None = None


class Supervisor:
    """Runs the services."""

    def __init__(self, params: MasterParams, around: Surroundings, *, init: bool = False) -> None:
        self.params = params
        self.services: dict[Key, Running] = {}
        self.mains: dict[str, entry.Main] = {}
        self.timers = Timers()
        self.on_reload: Callable[[], None] = lambda: None
        self._around = around
        self._log = around.log
        self._init = init
        self._owner: dict[int, Running] = {}
        self._generation = 0
        self._selector = selectors.DefaultSelector()
        read_fd, write_fd = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._flow = FlowPipe(read_fd, write_fd)
        self._signals: set[int] = set()
        self._wake_read, self._wake_write = socket.socketpair()

    # -- the loop

    def catch_signals(self) -> None:
        """Install the handlers."""
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)
        self._selector.register(self._wake_read, selectors.EVENT_READ, self._drain_wakeups)
        signal.set_wakeup_fd(self._wake_write.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGHUP, signal.SIGCHLD, *_STOP_SIGNALS):
            signal.signal(number, lambda received, _frame: self._signals.add(received))
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)

    def run(self) -> int:
        """Turn until a signal ends it; return its number."""
        while True:
            signal.alarm(WATCHDOG)  # the default action ends a process that is stuck in C, too
            self._log.flush()
            for key, _events in self._selector.select(self.timers.wait(time.monotonic())):
                call: Callable[[], None] = key.data
                call()
            self.timers.run_due(time.monotonic())
            pending, self._signals = self._signals, set()
            if signal.SIGCHLD in pending:
                self._reap()
            if signal.SIGHUP in pending:
                self.on_reload()
            for number in _STOP_SIGNALS:
                if number in pending:
                    return number

    def order_end(self, seconds: float) -> None:
        """End by SIGTERM after so many seconds."""
        self.timers.at(time.monotonic() + seconds, lambda: os.kill(os.getpid(), signal.SIGTERM))

    def _drain_wakeups(self) -> None:
        try:
            while self._wake_read.recv(256):
                pass
        except OSError:
            pass

    # -- services

    def add(self, service: Service, ends: Ends) -> None:
        """Begin to run a service."""
        running = Running(service, ends, Population(service.workers, service.multi_session, service.overlaps))
        self.services[service.key] = running
        self._watch_status(running)
        self._update(running)
        self._start_wakeup(running)

    def change(self, service: Service) -> None:
        """Go on with a service as master.cf has it now; its processes end when they are idle."""
        running = self.services[service.key]
        running.service = service
        running.population.limit = service.workers
        running.population.multi_session = service.multi_session
        running.population.overlaps = service.overlaps
        self.restart(running)
        if running.wakeup is not None:
            running.wakeup.cancel()
        running.wakeup_started = False
        self._start_wakeup(running)

    def remove(self, key: Key) -> None:
        """End a service that master.cf has no more."""
        running = self.services.pop(key)
        if running.wakeup is not None:
            running.wakeup.cancel()
        self._poll(running, wanted=False)
        self._selector.unregister(running.ends.status_read)
        running.ends.close()
        remove_socket(running.service)
        for pid in running.population.children:
            _kill(pid, signal.SIGTERM)

    def restart(self, running: Running) -> None:
        """Replace the status channel: all processes of the service end when they are idle."""
        self._selector.unregister(running.ends.status_read)
        running.ends.renew_status()
        running.population.retire_all()
        self._watch_status(running)
        self._update(running)

    def _watch_status(self, running: Running) -> None:
        channel = running.ends.status_read
        self._selector.register(channel, selectors.EVENT_READ, lambda: self._read_status(running))

    def _update(self, running: Running) -> None:
        """Poll the sockets of a service, or leave them to its processes."""
        self._poll(running, wanted=running.population.wants_clients())

    def _poll(self, running: Running, *, wanted: bool) -> None:
        if wanted and not running.polled:
            running.polled = running.ends.descriptors()
            for fd in running.polled:
                self._selector.register(fd, selectors.EVENT_READ, lambda: self._on_client(running))
        elif not wanted and running.polled:
            for fd in running.polled:
                self._selector.unregister(fd)
            running.polled = []

    # -- processes

    def _on_client(self, running: Running) -> None:
        if not running.population.wants_clients():
            return  # another socket of the service was faster
        service, population = running.service, running.population
        now = time.monotonic()
        last = 0 < population.limit <= len(population.active) + 1
        if last and service.stress_capable and not service.multi_session:
            if not population.is_stressed(now):
                population.stressed_until = now + LIMIT_INTERVAL
                self.restart(running)
            population.stressed_until = now + LIMIT_INTERVAL
        self._spawn(running)

    def _spawn(self, running: Running) -> None:
        service, population = running.service, running.population
        self._generation = (self._generation + 1) % 2**31
        index, cell = population.free_index(), population.free_cell()
        tally.clear(running.ends.page, cell)
        stressed = population.is_stressed(time.monotonic())
        start = Start(
            service=service,
            ends=running.ends,
            flow=self._flow,
            directory=self._around.directory,
            daemon_directory=self.params.daemon_directory,
            environ=self._around.environ,
            postlog=self._around.postlog,
            mains=self.mains,
            log=self._log,
            generation=self._generation,
            index=index,
            cell=cell,
            stress="yes" if stressed else "",
            known=self._around.known,
        )
        self._log.flush()
        try:
            pid = children.fork(start)
        except OSError as error:
            self._log.warning("%s", events.fork_failed(error.strerror or str(error)))
            self._throttle(running)
            return
        population.add(Child(pid, self._generation, index, cell))
        self._owner[pid] = running
        self._update(running)
        self._warn_limit(running)
        self._start_wakeup(running, by_first_process=True)

    def _warn_limit(self, running: Running) -> None:
        service, population = running.service, running.population
        if service.stress_capable and population.is_full() and population.limit_warning_due(time.monotonic()):
            for line in events.at_limit(service.entry.name, service.name, service.maxproc):
                self._log.warning("%s", line)

    def _read_status(self, running: Running) -> None:
        reports, cut = status.read_reports(running.ends.status_read)
        service = running.service
        busy = False
        for report in reports:
            child = running.population.children.get(report.pid)
            if child is None:
                continue  # it is gone already
            if child.generation != report.generation:
                self._log.info(events.wrong_generation(report.pid, report.generation))
            elif running.population.report(child, report.state):
                busy = busy or (report.state == State.TAKEN and service.multi_session)
                if report.state == State.FULL:
                    self._warn_limit(running)
        if cut:
            pid = reports[-1].pid if reports else 0
            self._log.warning("%s", events.partial_status(service.name, service.entry.type, pid, cut))
        if busy and running.population.wants_clients():
            self._spawn(running)  # a worker with many sessions gets a colleague; it would win every race for a client
        self._update(running)

    def _reap(self) -> None:
        while True:
            try:
                pid, ended = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
            except ChildProcessError:
                return
            if pid == 0:
                return
            running = self._owner.get(pid)
            if running is None:
                continue  # of a service that was removed, or an orphan of a container
            path = running.service.path
            if os.WIFSTOPPED(ended):
                self._log.warning("%s", events.stopped(path, pid, os.WSTOPSIG(ended)))
                continue
            del self._owner[pid]
            self._ended(running, pid, ended)

    def _ended(self, running: Running, pid: int, ended: int) -> None:
        service, population = running.service, running.population
        if os.WIFSIGNALED(ended):
            self._log.warning("%s", events.killed(service.path, pid, os.WTERMSIG(ended)))
        elif os.WEXITSTATUS(ended):
            self._log.warning("%s", events.exited(service.path, pid, os.WEXITSTATUS(ended)))
        # What it reported last decides whether it ever served: read that first.
        if service.key in self.services:
            self._read_status(running)
        tally.clear(running.ends.page, population.children[pid].cell)
        if population.end(pid, clean=ended == 0) is End.FAILED_START:
            self._log.warning("%s", events.throttled(service.path))
            self._throttle(running)
        if service.key in self.services:
            self._update(running)

    def _throttle(self, running: Running) -> None:
        if running.population.throttled:
            return
        running.population.throttled = True
        self._update(running)

        def release() -> None:
            running.population.throttled = False
            if self.services.get(running.service.key) is running:
                self._update(running)

        self.timers.at(time.monotonic() + self.params.service_throttle_time, release)

    # -- wakeup

    def _start_wakeup(self, running: Running, *, by_first_process: bool = False) -> None:
        """Begin to wake a service up: now, or (`?`) after its first process was started."""
        entry_ = running.service.entry
        if running.wakeup_started or entry_.wakeup <= 0 or entry_.type == "unix-dgram":
            return
        if entry_.wakeup_always or by_first_process or running.population.children:
            running.wakeup_started = True
            self._wake(running)

    def _wake(self, running: Running) -> None:
        if not running.population.throttled:
            wakeup.wake(running.service, running.ends)
        when = time.monotonic() + running.service.entry.wakeup
        running.wakeup = self.timers.at(when, lambda: self._wake(running))

    # -- the end

    def stop(self, number: int) -> None:
        """End all processes, wait a little for them, and kill those that do not listen."""
        self._log.info(events.terminating(number))
        self._log.flush()
        for caught in _STOP_SIGNALS:
            signal.signal(caught, signal.SIG_IGN)
        os.killpg(os.getpgrp(), signal.SIGTERM)
        if self._wait_for_all(STOP_PATIENCE):
            return
        for pid in list(self._owner):
            _kill(pid, signal.SIGKILL)
        self._wait_for_all(STOP_PATIENCE)

    def _wait_for_all(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self._owner:
            try:
                pid, _ended = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                self._owner.clear()
                return True
            if pid:
                self._owner.pop(pid, None)
                continue
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return False
            signal.set_wakeup_fd(self._wake_write.fileno(), warn_on_full_buffer=False)
            with selectors.DefaultSelector() as selector:  # SIGCHLD ends the wait
                selector.register(self._wake_read, selectors.EVENT_READ)
                selector.select(min(remaining, 0.05))
            self._drain_wakeups()
        return True

    def preload(self) -> None:
        """Import the daemons of all services; a service whose daemon cannot be imported is reported, and not run."""
        programs = {running.service.program for running in self.services.values() if running.service.ours}
        self.mains, problems = preload.preload(programs, self.mains)
        for running in list(self.services.values()):
            service = running.service
            if service.ours and service.program in problems:
                self._log.warning("service %s(%s): %s", service.name, service.entry.type, problems[service.program])
                self.remove(service.key)
        if self._around.known is not None:
            self._around.known.file_defaults()  # read for all daemons
        preload.freeze()


def _kill(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
