"""The master's entry: options, test for a running master, detaching, start, end.

`libexec/master`, and the `postfix` command through `python -m`, call `main`.
"""

from __future__ import annotations

import getopt
import os
import resource
import select
import signal
import sys
from dataclasses import dataclass
from typing import Final, NoReturn

import setproctitle

from pymail.config.find import config_directory
from pymail.config.main_cf import MainCf
from pymail.config.version import MAIL_VERSION
from pymail.daemons.master import pidfile
from pymail.daemons.master.params import MasterParams
from pymail.daemons.master.plumbing import Network
from pymail.daemons.master.reload import Configurator
from pymail.daemons.master.supervise import Supervisor, Surroundings
from pymail.log.events import master as events
from pymail.log.fatal import FatalError
from pymail.log.logger import Log
from pymail.log.sinks import StderrSink, TeeSink, choose_sink, log_tag
from pymail.server import entry
from pymail.unix import descriptors, environment, pids
from pymail.unix.users import NoSuchUserError, User, groups_of, is_root, user_by_name

#: How long `-w` waits for the master to start, in seconds.
_START_PATIENCE: Final = 100
_READY: Final = b"\0"


@dataclass(frozen=True, slots=True)
class Options:
    """The command line."""

    directory: str | None = None
    debug: bool = False
    end_after: int = 0
    init: bool = False
    keep_stdout: bool = False
    test: bool = False
    verbose: int = 0
    wait: bool = False


def parse(argv: list[str]) -> Options:
    """Understand the command line. Raises FatalError."""
    try:
        pairs, rest = getopt.getopt(argv, "c:Dde:istvw")
    except getopt.GetoptError as error:
        raise FatalError(f"usage: master [-c config_dir] [-Ddistvw] [-e exit_time]: {error}") from error
    if rest:
        raise FatalError("usage: master [-c config_dir] [-Ddistvw] [-e exit_time]")
    names = [name for name, _value in pairs]
    values = dict(pairs)
    seconds = values.get("-e", "0")
    if not seconds.isdecimal():
        raise FatalError(f"bad exit time: {seconds}")
    return Options(
        directory=values.get("-c"),
        debug="-d" in names,
        end_after=int(seconds),
        init="-i" in names,
        keep_stdout="-s" in names or "-i" in names,
        test="-t" in names,
        verbose=names.count("-v"),
        wait="-w" in names,
    )


def main() -> NoReturn:
    """Run the command line of this process."""
    log = Log("postfix/master", StderrSink("master"))
    status: list[int] = []
    failed = entry.guarded(lambda: status.append(run(parse(sys.argv[1:]))), log)
    entry.leave(status[0] if status else failed)


def run(options: Options) -> int:
    """Be the master, or test for one, or start one and wait; return the exit status. Raises FatalError, ConfigError."""
    os.umask(0o077)
    descriptors.fill_streams()
    directory = config_directory(options.directory, os.environ)
    if options.test:
        params = MasterParams(MainCf.load(directory))
        return 1 if pids.is_locked(pidfile.path(params)) else 0
    if options.wait and not options.debug:
        return start_and_wait(options, directory)
    descriptors.close_all_except(())
    if not options.debug:
        descriptors.null_streams(keep_output=options.keep_stdout)
    return live(options, directory, None)


def start_and_wait(options: Options, directory: str) -> int:
    """Make the master a process of its own, and wait until it says that it has started."""
    read_fd, write_fd = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read_fd)
        _detach(write_fd)
        entry.leave(_guarded_life(options, directory, write_fd))
    os.close(write_fd)
    try:
        ready, _, _ = select.select([read_fd], [], [], _START_PATIENCE)
        if ready and os.read(read_fd, 1) == _READY:
            return 0
    finally:
        os.close(read_fd)
    return 1


def _detach(write_fd: int) -> None:
    """Leave the terminal, and close what the caller had open."""
    import daemon  # only a master that detaches needs it

    os.setsid()
    daemon.DaemonContext(
        detach_process=False, umask=0o077, prevent_core=False, signal_map={}, files_preserve=[write_fd]
    ).open()


def _guarded_life(options: Options, directory: str, ready_fd: int) -> int:
    log = Log("postfix/master", StderrSink("master"))
    status: list[int] = []
    failed = entry.guarded(lambda: status.append(live(options, directory, ready_fd)), log)
    return status[0] if status else failed


def live(options: Options, directory: str, ready_fd: int | None) -> int:
    """Start, turn the loop, end. Raises FatalError, ConfigError before the start is done."""
    setproctitle.setproctitle("master")  # the first call has to find the environment as the kernel left it
    try:
        os.setsid()
    except OSError:
        pass  # it leads its process group already
    conf = MainCf.load(directory, {"process_name": "master"})
    params = MasterParams(conf)
    log = _open_log(conf, options)
    result: list[int] = []
    failed = entry.guarded(lambda: result.append(_supervise(options, conf, params, log, ready_fd)), log)
    if not result:
        return failed
    signal.signal(result[0], signal.SIG_DFL)
    log.flush()
    if options.init:
        return 0  # no signal without a handler reaches process 1
    os.kill(os.getpid(), result[0])
    return 128 + result[0]


def _open_log(conf: MainCf, options: Options) -> Log:
    sink = choose_sink(conf, direct=True, fallback=StderrSink("master") if options.debug else None)
    opening = getattr(sink, "open", None)
    if opening is not None:
        try:
            opening()
        except OSError as error:
            raise FatalError(f"open logfile '{conf.value('maillog_file')}': {error.strerror}") from error
    chosen = TeeSink([sink, StderrSink("master")]) if options.debug else sink
    return Log(log_tag(conf, "master"), chosen, verbose=options.verbose)


def _supervise(options: Options, conf: MainCf, params: MasterParams, log: Log, ready_fd: int | None) -> int:
    """Start all services and turn the loop; return the number of the signal that ended it."""
    directory = conf.directory
    for warning in conf.warnings:
        log.warning("%s", warning)
    try:
        os.chdir(params.queue_directory)
    except OSError as error:
        raise FatalError(f"chdir {params.queue_directory}: {error.strerror}") from error
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.getrlimit(resource.RLIMIT_FSIZE)[1],) * 2)
    descriptors.raise_limit()
    owner = _owner(params)
    pidfile.acquire(params, owner)
    environ = environment.filtered(os.environ, params.import_environment)
    environ["MAIL_CONFIG"] = directory
    os.environ.clear()
    os.environ.update(environ)
    around = Surroundings(directory, environ, _postlog(conf, params), log, conf)
    supervisor = Supervisor(params, around, init=options.init)
    configurator = Configurator(directory, Network(params), owner, log)
    supervisor.catch_signals()
    configurator.apply(supervisor, configurator.read(conf, params))
    supervisor.on_reload = lambda: configurator.reload(supervisor)
    if options.end_after:
        supervisor.order_end(options.end_after)
    log.info(events.started(MAIL_VERSION, directory))
    log.flush()
    if ready_fd is not None:
        os.write(ready_fd, _READY)
        os.close(ready_fd)
    supervisor.preload()
    number = supervisor.run()
    supervisor.stop(number)
    return number


def _owner(params: MasterParams) -> User | None:
    """Return mail_owner; None for an instance of an ordinary user's. Raises FatalError."""
    if not is_root():
        return None
    try:
        owner = user_by_name(params.mail_owner)
        groups_of(owner)  # loads the host's name services, once for all processes
        return owner
    except NoSuchUserError as error:
        raise FatalError(f"parameter mail_owner: {error}") from error


def _postlog(conf: MainCf, params: MasterParams) -> tuple[str, str] | None:
    """Return what foreign programs need to log: the socket's path and the host's name."""
    if not params.maillog_file:
        return None
    service = conf.value("postlog_service_name", "postlog")
    return os.path.join(params.queue_directory, "public", service), conf.value("myhostname")


if __name__ == "__main__":
    main()
