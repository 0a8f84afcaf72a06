"""A private mail system in a folder of its own, on loopback ports: ours, or the distribution's Postfix.

Both kinds share the layout (etc/, queue/, data/, mail/, maillog), so that a queue can change hands.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support import oracle
from tests.support.waiting import wait_for

ROOT = Path(__file__).parents[2]

SERVICES = """\
{smtp_port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
postlog unix-dgram n - n - 1 postlogd
"""

#: What only Postfix has so far, or needs to run from a scratch folder.
ORACLE_SERVICES = """\
tlsmgr unix - - n 1000? 1 tlsmgr
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
virtual unix - n n - - virtual
"""


PRIVATE_QUEUES = (
    "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace"
)  # fmt: skip


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Instance:
    """One mail system. *settings* and *services* come on top of a quiet default for `mx.test`."""

    def __init__(self, folder: Path, settings: dict[str, str] | None = None, services: str = "") -> None:
        self.folder = folder
        self.port = free_port()
        self.etc, self.queue, self.data = folder / "etc", folder / "queue", folder / "data"
        self.log_file = folder / "maillog"
        self.mail = folder / "mail"
        for path in (self.etc, self.queue, self.data, self.mail):
            path.mkdir(exist_ok=True)
        self.mail.chmod(0o1777)
        self.settings = {
            "compatibility_level": "3.6",
            "myhostname": "mx.test",
            "mydomain": "test",
            "mydestination": "mx.test, localhost",
            "mynetworks": "127.0.0.0/8",
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "queue_directory": str(self.queue),
            "data_directory": str(self.data),
            "maillog_file": str(self.log_file),
            "maillog_file_prefixes": str(folder),
            "mail_spool_directory": str(self.mail),
            "alias_maps": "",
            "alias_database": "",
            "in_flow_delay": "0",
            **(settings or {}),
        }
        self.services = SERVICES.format(smtp_port=f"127.0.0.1:{self.port}") + services
        if os.geteuid() == 0:
            shutil.chown(self.data, "postfix")
        self.configure()

    def configure(self) -> None:
        """Write main.cf and master.cf."""
        (self.etc / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in self.settings.items()))
        (self.etc / "master.cf").write_text(self.services)

    def command(self, name: str, *arguments: str) -> list[str]:
        """Return the argument list that runs command *name* on this instance."""
        return [str(ROOT / "bin" / name), *arguments]

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its commands."""
        return {**os.environ, "MAIL_CONFIG": str(self.etc)}

    def run(
        self, name: str, *arguments: str, stdin: str | bytes = b"", check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on this instance and return what it said."""
        text = stdin.decode("utf-8", "surrogateescape") if isinstance(stdin, bytes) else stdin
        done = subprocess.run(
            self.command(name, *arguments), env=self.environment, input=text, capture_output=True, text=True,
            timeout=60, check=False, errors="surrogateescape",
        )  # fmt: skip
        if check and done.returncode != 0:
            raise AssertionError(
                f"{name} {arguments}: status {done.returncode}: {done.stdout}{done.stderr}\n{self.log}"
            )
        return done

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        self.run("postfix", "start")
        self.wait_until_listening()

    def wait_until_listening(self) -> None:
        def listening() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0

        wait_for(f"port {self.port}", listening)

    @property
    def master_pid(self) -> int | None:
        """The process id in its pid file."""
        try:
            return int((self.queue / "pid/master.pid").read_text())
        except (OSError, ValueError):
            return None

    def stop(self) -> None:
        """Stop it; whatever still lives after that is killed, by its process group."""
        pid = self.master_pid
        if pid is None or not is_alive(pid):
            return
        self.run("postfix", "stop", check=False)
        if is_alive(pid):
            os.killpg(pid, signal.SIGKILL)
        wait_for("the end of the master", lambda: not is_alive(pid))

    @property
    def log(self) -> str:
        """All that was logged so far."""
        try:
            return self.log_file.read_text(errors="surrogateescape")
        except FileNotFoundError:
            return ""

    def wait_log(self, pattern: str, deadline: float = 20.0) -> re.Match[str]:
        """Wait for a line of the log in which *pattern* is found."""
        compiled = re.compile(pattern)
        try:
            return wait_for(f"{pattern} in the log", lambda: compiled.search(self.log), deadline)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log}") from None

    def queue_files(self, *queues: str) -> list[Path]:
        """Return the message files of *queues*."""
        return [path for queue in queues for path in (self.queue / queue).rglob("*") if path.is_file()]

    def wait_empty(self, deadline: float = 30.0) -> None:
        """Wait until no message is on its way."""
        queues = ("maildrop", "incoming", "active", "deferred")
        try:
            wait_for("an empty queue", lambda: not self.queue_files(*queues), deadline)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.queue_files(*queues)[:5]}\n{self.log[-4000:]}") from None


class OracleInstance(Instance):
    """The same with the distribution's Postfix."""

    def __init__(self, folder: Path, settings: dict[str, str] | None = None, services: str = "") -> None:
        root = oracle.postfix_root()
        assert root is not None
        self.root = root
        meta = folder / "meta"
        meta.mkdir(exist_ok=True)
        (meta / "dynamicmaps.cf").write_text("lmdb\tpostfix-lmdb.so\tdict_lmdb_open\tmkmap_lmdb_open\n")
        (meta / "postfix-files").touch()
        own = {
            "daemon_directory": str(root / "usr/lib/postfix/sbin"),
            "command_directory": str(root / "usr/sbin"),
            "shlib_directory": str(root / "usr/lib/postfix"),
            "meta_directory": str(meta),
            "import_environment": "MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C LD_LIBRARY_PATH",
            "default_database_type": "lmdb",
        }
        super().__init__(folder, {**own, **(settings or {})}, ORACLE_SERVICES + services)

    def command(self, name: str, *arguments: str) -> list[str]:
        folder = "usr/lib/postfix/sbin" if name == "master" else "usr/sbin"
        program = {"mailq": "sendmail", "newaliases": "sendmail"}.get(name, name)
        options = {"mailq": ["-bp"], "newaliases": ["-bi"]}.get(name, [])
        return [str(self.root / folder / program), *options, *arguments]

    @property
    def environment(self) -> dict[str, str]:
        return {**oracle.environment(self.root), "MAIL_CONFIG": str(self.etc)}

    def start(self) -> None:
        prepare_queue(self.queue)
        self.run("master", "-w")
        self.wait_until_listening()

    def stop(self) -> None:
        pid = self.master_pid
        if pid is None or not is_alive(pid):
            return
        os.kill(pid, signal.SIGTERM)
        wait_for("the end of the master", lambda: not is_alive(pid))


def is_alive(pid: int) -> bool:
    """Tell whether process *pid* runs (a zombie does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def prepare_queue(queue: Path) -> None:
    """Make the queue folders with the owners that Postfix wants (as root)."""
    for name in PRIVATE_QUEUES:
        (queue / name).mkdir(mode=0o700, exist_ok=True)
        shutil.chown(queue / name, "postfix")
    for name, mode in (("public", 0o710), ("maildrop", 0o730)):
        (queue / name).mkdir(exist_ok=True)
        (queue / name).chmod(mode)
        shutil.chown(queue / name, "postfix", "postdrop")
    (queue / "pid").mkdir(mode=0o755, exist_ok=True)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder that every user may enter (pytest's own are closed to mail_owner)."""
    folder = Path(tempfile.mkdtemp(prefix="pymail-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(*instances: Instance) -> Iterator[Sequence[Instance]]:
    """Start the instances, and stop them at the end."""
    try:
        for instance in instances:
            instance.start()
        yield instances
    finally:
        for instance in instances:
            instance.stop()
