"""Make an Invocation from a daemon's argument vector; start a daemon of ours under any master, or by hand.

The vector is the one that Postfix's master gives (spec: master, argument vector):

    command [-l] [-z] [-n service] -t type [-d] [-v] [-u] [-c] [-o stress=..] [-s N] ARGUMENTS

Descriptors 3 and 4 are the flow-control pipe, 5 the status channel, 6.. the listeners. Our own master forks without
exec and gives the same vector, and the descriptors as a Plumbing. `libexec/NAME` is `launch.main("NAME")`.
"""

from __future__ import annotations

import getopt
import importlib
import os
import socket
import stat
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NoReturn

from pymail.config.find import config_directory
from pymail.config.main_cf import MainCf
from pymail.log.fatal import FatalError
from pymail.log.logger import Log
from pymail.log.sinks import DatagramSink, FileSink, StderrSink, choose_sink, log_tag
from pymail.server import entry, kinds, startup
from pymail.server.flow import FlowPipe
from pymail.server.invocation import Invocation
from pymail.server.status import StatusChannel
from pymail.server.stress import Stress
from pymail.server.tally import Tally
from pymail.unix import descriptors, signals

if TYPE_CHECKING:
    from pymail.log.sinks import Sink

FLOW_READ_FD: Final = 3
FLOW_WRITE_FD: Final = 4
STATUS_FD: Final = 5
LISTEN_FD: Final = 6

_OPTIONS: Final = "cdDi:lm:n:o:r:s:St:uvVz"


@dataclass(frozen=True, slots=True)
class Options:
    """An argument vector, understood."""

    service: str = ""
    transport: str = ""
    alone: bool = False
    unlimited: bool = False
    unprivileged: bool = False
    chroot: bool = False
    standalone: bool = False
    debug: bool = False
    to_stderr: bool = False
    verbose: int = 0
    sockets: int = 1
    max_use: int | None = None
    max_idle: int | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plumbing:
    """What a process has from its master."""

    listeners: tuple[socket.socket, ...] = ()
    status: StatusChannel | None = None
    flow: FlowPipe | None = None
    tally: Tally | None = None
    share: int = 1
    fifo: int = -1


def parse_options(program: str, argv: Sequence[str]) -> Options:
    """Understand what follows the command's name. Raises FatalError."""
    try:
        pairs, rest = getopt.getopt(list(argv), _OPTIONS)
    except getopt.GetoptError as error:
        raise FatalError(f"invalid option: {error.opt}") from error
    flags = {name for name, value in pairs if not value}
    last = {name: value for name, value in pairs if value}
    overrides: dict[str, str] = {}
    for name, value in pairs:
        if name == "-o":
            parameter, text = parse_override(value)
            overrides[parameter] = text
    return Options(
        service=last.get("-n", program),
        transport=last.get("-t", ""),
        alone="-l" in flags,
        unlimited="-z" in flags,
        unprivileged="-u" in flags,
        chroot="-c" in flags,
        standalone="-S" in flags,
        debug="-d" in flags,
        to_stderr="-V" in flags,
        verbose=sum(name == "-v" for name, _value in pairs),
        sockets=_number(last.get("-s", "1"), "socket_count"),
        max_use=_number(last["-m"], "max_use") if "-m" in last else None,
        max_idle=_number(last["-i"], "max_idle") if "-i" in last else None,
        overrides=overrides,
        arguments=tuple(rest),
    )


def parse_override(text: str) -> tuple[str, str]:
    """Split the value of an -o option: `name=value`, or `{ name = value }`. Raises FatalError."""
    inner = text.strip()
    if inner.startswith("{") and inner.endswith("}"):
        inner = inner[1:-1].strip()
        if inner.startswith("-o"):
            inner = inner[2:].strip()
    name, equals, value = inner.partition("=")
    name = name.strip()
    if not equals:
        raise FatalError(f"invalid \"-o {text}\" option value: missing '=' after attribute name")
    if not name:
        raise FatalError(f'invalid "-o {text}" option value: missing attribute name')
    if name in ("process_name", "service_name", "process_id"):
        raise FatalError(f'invalid "-o {text}" option value: the name cannot be changed')
    return name, value.strip()


def _number(text: str, what: str) -> int:
    if not text.isdecimal():
        raise FatalError(f"invalid {what}: {text}")
    return int(text)


def make_log(conf: MainCf, program: str, options: Options) -> Log:
    """Open the log of a daemon, with the rights that it has now. Raises ConfigError, FatalError.

    A `maillog_file` is opened by each daemon itself, before it gives up its rights: one append per turn of its loop
    costs a tenth of what the way through postlogd costs both of them. The postlog service serves those who cannot.
    """
    on_stderr = StderrSink(program)
    fallback = on_stderr if options.standalone or options.debug else None
    sink: Sink = on_stderr
    if not options.to_stderr:
        sink = choose_sink(conf, direct=True, fallback=fallback)
        if isinstance(sink, FileSink):
            try:
                sink.open()
            except OSError as error:
                if program == "postlogd":
                    raise FatalError(f"open logfile '{sink.path}': {error.strerror}") from error
                sink = choose_sink(conf, batch=True, fallback=fallback)
        if isinstance(sink, DatagramSink):
            sink.open()  # a chroot hides the socket
    return Log(log_tag(conf, program), sink, verbose=options.verbose)


def invocation(
    program: str, directory: str, options: Options, plumbing: Plumbing, known: MainCf | None = None
) -> Invocation:
    """Read main.cf and put everything together; *known* is what a forking master has read.

    Raises ConfigError, FatalError, OSError.
    """
    names = {"process_name": program, "service_name": options.service}
    conf = MainCf.load(directory, {**options.overrides, **names}, known)
    capable = "stress" in options.overrides
    log = make_log(conf, program, options)
    for warning in conf.warnings:
        log.warning("%s", warning)
    return Invocation(
        program=program,
        service=options.service,
        transport=options.transport,
        conf=conf,
        log=log,
        share=plumbing.share,
        config_directory=directory,
        listeners=plumbing.listeners,
        fifo=plumbing.fifo,
        unprivileged=options.unprivileged,
        chroot=options.chroot,
        alone=options.alone,
        unlimited=options.unlimited,
        arguments=options.arguments,
        status=plumbing.status,
        flow=plumbing.flow,
        tally=plumbing.tally,
        stress=Stress(capable=capable, forced=options.overrides.get("stress") == "yes"),
        stress_conf=conf.with_overrides({**options.overrides, **names, "stress": "yes"}) if capable else None,
        max_use=options.max_use,
        max_idle=options.max_idle,
        standalone=options.standalone,
        verbose=options.verbose,
    )


def inherited(program: str, options: Options, environ: Mapping[str, str]) -> Plumbing:
    """Take over the descriptors that Postfix's master protocol puts in place."""
    if options.standalone or not options.transport:
        return Plumbing()
    generation = int(environ.get("GENERATION", "0"), 8)
    listeners = []
    for fd in range(LISTEN_FD, LISTEN_FD + options.sockets):
        if options.transport == "fifo":
            break
        listeners.append(socket.socket(fileno=fd))
    status = socket.socket(fileno=STATUS_FD) if stat.S_ISSOCK(os.fstat(STATUS_FD).st_mode) else None
    for fd in (FLOW_READ_FD, FLOW_WRITE_FD, STATUS_FD, *range(LISTEN_FD, LISTEN_FD + options.sockets)):
        os.set_inheritable(fd, False)
    return Plumbing(
        listeners=tuple(listeners),
        status=StatusChannel(status, generation) if status is not None else None,
        flow=FlowPipe(FLOW_READ_FD, FLOW_WRITE_FD),
        # A foreign master counts processes: one client each, unless the program never counts its clients.
        share=1 if kinds.counts_clients(program) else 0,
        fifo=LISTEN_FD if options.transport == "fifo" else -1,
    )


def service_main(program: str) -> entry.Main:
    """Return the `main` of a daemon of ours. Raises FatalError when there is none."""
    package = f"pymail.daemons.{kinds.package(program)}.service"
    try:
        module = importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name is None or not package.startswith(error.name):
            raise
        raise FatalError(f"{program}: there is no such daemon") from error
    main: entry.Main = module.main
    return main


def main(program: str) -> NoReturn:
    """Live as the daemon *program*, started by exec: by a foreign master, by sendmail, by hand."""
    signals.reset()
    directory = config_directory(None, os.environ)
    fallback = Log(f"postfix/{program}", StderrSink(program))
    ready: list[Invocation] = []

    def start() -> None:
        options = parse_options(program, sys.argv[1:])
        if not options.standalone:
            descriptors.fill_streams()
        started = invocation(program, directory, options, inherited(program, options, os.environ))
        ready.append(started)
        startup.refuse_terminal(started)

    status = entry.guarded(start, ready[0].log if ready else fallback)
    if status == 0:
        status = entry.guarded(lambda: service_main(program)(ready[0]), ready[0].log)
    entry.leave(status)
