"""An instance of the demo: its folder, its configuration, its start and its end.

Everything is below one folder (etc/, queue/, data/, mail/, aliases, maillog). It needs no root; started by root it runs
as root's, with an unprivileged account that the host has as its mail_owner.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from pymail.unix import pids
from pymail.unix.users import NoSuchUserError, group_id, is_root, user_by_name

Value = TypeVar("Value")

LOOPBACK: Final = "127.0.0.1"
#: How often something that cannot tell us by itself is looked at, in seconds.
_LOOK: Final = 0.02
_COMMAND_TIMEOUT: Final = 30.0
_STOP_PATIENCE: Final = 10.0
#: A UNIX socket has a name of at most so many octets (unix(7)); the longest of ours follows.
_SOCKET_NAME_LIMIT: Final = 107
_LONGEST_SOCKET: Final = "/queue/private/proxymap"
#: Accounts for an instance that root started; Debian has all but the first pair without any mail system.
_OWNERS: Final = ("postfix", "nobody", "daemon")
_GROUPS: Final = ("postdrop", "mail", "nogroup")

SERVICES: Final = """\
# service         type  private unpriv chroot wakeup maxproc command
{listener:<17} inet  n       -      n      -      -       smtpd
pickup            unix  n       -      n      60     1       pickup
cleanup           unix  n       -      n      -      0       cleanup
qmgr              unix  n       -      n      300    1       qmgr
rewrite           unix  -       -      n      -      -       trivial-rewrite
bounce            unix  -       -      n      -      0       bounce
defer             unix  -       -      n      -      0       bounce
trace             unix  -       -      n      -      0       bounce
proxymap          unix  -       -      n      -      -       proxymap
smtp              unix  -       -      n      -      -       smtp
relay             unix  -       -      n      -      -       smtp
showq             unix  n       -      n      -      -       showq
error             unix  -       -      n      -      -       error
retry             unix  -       -      n      -      -       error
discard           unix  -       -      n      -      -       discard
local             unix  -       n      n      -      -       local
postlog           unix-dgram n  -      n      -      1       postlogd
"""


class DemoError(Exception):
    """The demo cannot go on."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The time until which all waiting has to be over."""

    end: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """Return the deadline *seconds* from now."""
        return cls(time.monotonic() + seconds)

    def wait_for(self, what: str, look: Callable[[], Value | None]) -> Value:
        """Return the first true value of *look*. Raises DemoError, naming *what*."""
        while True:
            value = look()
            if value:
                return value
            if time.monotonic() > self.end:
                raise DemoError(f"waited in vain for {what}")
            time.sleep(_LOOK)


def free_port() -> int:
    """Return a port of the loopback address that nobody uses now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def program(name: str) -> str:
    """Return the path of a command: bin/ of the checkout, or where the package is installed."""
    checkout = Path(__file__).parents[2] / "bin" / name
    return str(checkout) if checkout.is_file() else str(Path(sys.executable).with_name(name))


def accounts() -> dict[str, str]:
    """Return mail_owner and setgid_group for an instance of root's; nothing for one of an ordinary user's."""
    if not is_root():
        return {}
    return {
        "mail_owner": _first(_OWNERS, lambda name: user_by_name(name).name),
        "setgid_group": _first(_GROUPS, lambda name: str(group_id(name))),
    }


def _first(names: tuple[str, ...], look: Callable[[str], str]) -> str:
    for name in names:
        try:
            look(name)
        except NoSuchUserError:
            continue
        return name
    raise DemoError(f"this host has none of the accounts {', '.join(names)}")


class DemoInstance:
    """One mail system below *folder* that serves *domain* on *port* of the loopback address."""

    def __init__(self, folder: Path, domain: str, port: int) -> None:
        self.folder = folder
        self.domain = domain
        self.port = port
        self.etc, self.queue, self.mail = folder / "etc", folder / "queue", folder / "mail"
        self.log_file = folder / "maillog"
        self._foreground: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        """How the demo calls it: the name of its folder."""
        return self.folder.name

    def settings(self) -> dict[str, str]:
        """Return its main.cf, before what the caller adds."""
        return {
            "compatibility_level": "3.11",
            "myhostname": f"mail.{self.domain}",
            "mydomain": self.domain,
            "myorigin": "$mydomain",
            "mydestination": "$mydomain, $myhostname, localhost",
            "mynetworks": "127.0.0.0/8",
            "inet_interfaces": LOOPBACK,
            "inet_protocols": "ipv4",
            "queue_directory": str(self.queue),
            "data_directory": str(self.folder / "data"),
            "mail_spool_directory": str(self.mail),
            "maillog_file": str(self.log_file),
            "maillog_file_prefixes": str(self.folder),
            "alias_maps": f"lmdb:{self.folder / 'aliases'}",
            "alias_database": f"lmdb:{self.folder / 'aliases'}",
            **accounts(),
        }

    def configure(self, added: Mapping[str, str], aliases: str) -> None:
        """Make the folder and write the configuration. Raises DemoError for a folder whose name is too long."""
        if len(os.fsencode(f"{self.folder}{_LONGEST_SOCKET}")) > _SOCKET_NAME_LIMIT:
            raise DemoError(f"the name of {self.folder} is too long for UNIX sockets below it; use --directory")
        for path in (self.etc, self.mail):
            path.mkdir(parents=True)
        settings = {**self.settings(), **added}
        (self.etc / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
        (self.etc / "master.cf").write_text(SERVICES.format(listener=f"{LOOPBACK}:{self.port}"))
        (self.folder / "aliases").write_text(aliases)

    def run(self, name: str, *arguments: str, stdin: str = "") -> str:
        """Run a command on this instance; return what it printed. Raises DemoError."""
        environ = {**os.environ, "MAIL_CONFIG": str(self.etc)}
        try:
            done = subprocess.run(
                [program(name), *arguments], env=environ, input=stdin, capture_output=True, text=True,
                errors="replace", timeout=_COMMAND_TIMEOUT, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise DemoError(f"{name}: {error}") from error
        if done.returncode:
            raise DemoError(f"{name} {' '.join(arguments)}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def start(self) -> None:
        """Start it; it takes connections when this returns. Raises DemoError."""
        self.run("newaliases")
        self.run("postfix", "-c", str(self.etc), "start")

    def start_foreground(self) -> None:
        """Start it as a child of this process, which shows its log if main.cf says so. Raises DemoError."""
        self.run("newaliases")
        command = [program("postfix"), "-c", str(self.etc), "start-fg"]
        # A session of its own: Ctrl-C is for us, and we stop it in its way.
        self._foreground = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)

    def wait_until_listening(self, deadline: Deadline) -> None:
        """Wait for the port of an instance in the foreground. Raises DemoError."""

        def answers() -> bool:
            if self._foreground is not None and self._foreground.poll() is not None:
                raise DemoError(f"instance {self.name} ended with status {self._foreground.returncode}")
            with socket.socket() as probe:
                return probe.connect_ex((LOOPBACK, self.port)) == 0

        deadline.wait_for(f"port {self.port} of instance {self.name}", answers)

    def wait_for_end(self) -> int:
        """Wait until an instance in the foreground ends; return its status."""
        return 0 if self._foreground is None else self._foreground.wait()

    @property
    def _pid_file(self) -> str:
        return str(self.queue / "pid" / "master.pid")

    def is_running(self) -> bool:
        """Whether its master lives."""
        return pids.is_locked(self._pid_file)

    def stop(self) -> bool:
        """Stop it if it runs; whether that went cleanly. What does not end is killed, with its process group."""
        clean = True
        if self.is_running():
            pid = pids.read(self._pid_file)
            try:
                self.run("postfix", "-c", str(self.etc), "stop")
                Deadline.after(_STOP_PATIENCE).wait_for("the end", lambda: not self.is_running())
            except DemoError:
                clean = False
                os.killpg(pid, signal.SIGKILL)
        if self._foreground is not None:
            self._foreground.wait()
        return clean

    @property
    def log(self) -> str:
        """All that it has logged so far."""
        try:
            return self.log_file.read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def mailboxes(self) -> dict[Path, str]:
        """Return the delivered files and what is in them."""
        paths = sorted(path for path in self.mail.iterdir() if path.is_file() and path.suffix != ".lock")
        return {path: path.read_text(errors="replace") for path in paths}


def clear(folder: Path) -> None:
    """Remove what an earlier demo left in *folder*, and nothing else. Raises DemoError."""
    if not folder.exists():
        return
    unknown = [path.name for path in folder.iterdir() if not (path / "etc" / "main.cf").is_file()]
    if unknown:
        raise DemoError(f"{folder} has files that are not the demo's: {', '.join(sorted(unknown))}")
    for path in folder.iterdir():
        if pids.is_locked(str(path / "queue" / "pid" / "master.pid")):
            raise DemoError(f"{path} is running: stop it first (bin/postfix -c {path / 'etc'} stop)")
    shutil.rmtree(folder)
