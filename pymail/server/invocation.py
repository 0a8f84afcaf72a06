"""How a daemon process was started: everything that the master, the command line and main.cf say to it.

Our master makes it in the child after the fork; `server/launch.py` makes it from an argument vector and descriptors 3,
4, 5, 6.. when a daemon is started by a foreign master or by hand. It is given to `pymail.daemons.NAME.service.main`.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

from pymail.config.main_cf import MainCf
from pymail.log.logger import Log
from pymail.server.flow import FlowPipe
from pymail.server.status import StatusChannel
from pymail.server.stress import Stress
from pymail.server.tally import Tally


@dataclass(frozen=True, slots=True)
class Invocation:
    """One start of one daemon."""

    program: str  # "smtpd"
    service: str  # name in master.cf, "smtp"
    transport: str  # "inet" "unix" "pass" "fifo" "unix-dgram"; "" stand-alone
    conf: MainCf  # main.cf with the -o overrides (and stress=, or stress=yes where a foreign master says so)
    log: Log
    share: int = 1  # clients at the same time, 0: no limit
    config_directory: str = "/etc/postfix"
    listeners: tuple[socket.socket, ...] = ()
    fifo: int = -1  # the named pipe of a fifo service
    unprivileged: bool = True  # -u: becomes mail_owner (without effect when not started by root)
    chroot: bool = False  # -c: changes root to queue_directory (without effect when not started by root)
    alone: bool = False  # -l: maxproc is 1
    unlimited: bool = False  # -z: maxproc is 0
    arguments: tuple[str, ...] = ()  # what follows the options: "flags=DRX user=vmail argv=..."
    status: StatusChannel | None = None
    flow: FlowPipe | None = None
    tally: Tally | None = None
    stress: Stress = field(default_factory=lambda: Stress(capable=False))
    stress_conf: MainCf | None = None  # main.cf with stress=yes, of a service that has to do with stress
    max_use: int | None = None  # -m
    max_idle: int | None = None  # -i
    standalone: bool = False  # -S: a session on descriptors 0 and 1
    verbose: int = 0
