"""The master with real processes: forks, hygiene, limits, reload, death. Tiny daemons stand in for ours."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pymail.unix.users import user_by_name
from tests.support.instance import free_port, is_alive
from tests.support.processes import open_folder
from tests.support.waiting import wait_for

ROOT = Path(__file__).parents[2]
is_root = os.geteuid() == 0

MASTER_CF = """\
127.0.0.1:{port} inet n - n - - smtpd
echo unix n - {chroot} - 3 smtpd
line unix - n n - 2 local
pickup unix n - n 1 1 pickup
gone unix - - n - - qmqpd
foreign unix - - n - - {folder}/foreign
postlog unix-dgram n - n - 1 postlogd
"""

FOREIGN = """\
#!/usr/bin/env python3
import os, socket, struct
client, _ = socket.socket(fileno=6).accept()
client.sendall(f"{os.getuid()} {os.environ['GENERATION']}".encode())
"""


class TinySystem:
    """An instance of the tiny daemons, started as *user* (None: as whoever runs the test)."""

    def __init__(self, folder: Path, user: str | None) -> None:
        self.folder = folder
        self.user = user
        self.port = free_port()
        self.queue = folder / "queue"
        self.etc = folder / "etc"
        self.log_file = folder / "maillog"
        self._uid = user_by_name(user).uid if user is not None else os.getuid()
        owner = user_by_name("nobody")
        as_root = self._uid == 0
        for path in (self.etc, self.queue, self.queue / "pid", folder / "data", *self._shared()):
            path.mkdir()
        (folder / "foreign").write_text(FOREIGN)
        (folder / "foreign").chmod(0o755)
        (self.etc / "main.cf").write_text(
            f"queue_directory = {self.queue}\ndata_directory = {folder}/data\nmail_owner = nobody\n"
            f"maillog_file = {self.log_file}\nmaillog_file_prefixes = {folder}\n"
            "inet_interfaces = 127.0.0.1\nservice_throttle_time = 1s\nmax_idle = 30s\ncompatibility_level = 3.6\n"
        )
        (self.etc / "master.cf").write_text(
            MASTER_CF.format(port=self.port, folder=folder, chroot="y" if as_root else "-")
        )
        if is_root:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, 0 if as_root else self._uid, 0)
            for path in (folder / "data", *self._shared()):
                os.chown(path, owner.uid if as_root else self._uid, owner.gid)
        self.queue.chmod(0o777)

    def _shared(self) -> list[Path]:
        return [self.queue / "private", self.queue / "public"]

    def start(self) -> None:
        argv = [sys.executable, str(ROOT / "tests/support/tiny_master.py"), "-w", "-c", str(self.etc)]
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(argv, env=environ, user=self.user, cwd="/", timeout=60, check=False)
        assert done.returncode == 0, self.log

    @property
    def pid(self) -> int:
        return int((self.queue / "pid/master.pid").read_text() or "0")

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def end(self) -> None:
        pid = self.pid
        if is_alive(pid):
            os.killpg(pid, signal.SIGKILL)
            wait_for("the end of the master", lambda: not is_alive(pid))

    @property
    def log(self) -> str:
        return self.log_file.read_text() if self.log_file.exists() else ""

    def connect(self, service: str = "") -> socket.socket:
        client = socket.socket(socket.AF_UNIX if service else socket.AF_INET)
        client.settimeout(20)
        client.connect(str(self.queue / service) if service else ("127.0.0.1", self.port))
        return client


def ask(client: socket.socket, word: str) -> str:
    client.sendall(word.encode() + b"\n")
    return client.recv(5000).decode().strip()


def who(client: socket.socket) -> int:
    return int(ask(client, "pid"))


USERS = ["nobody", None] if is_root else [None]


@contextmanager
def system(user: str | None) -> Iterator[TinySystem]:
    with open_folder() as folder:
        made = TinySystem(folder, user)
        made.start()
        try:
            yield made
        finally:
            made.end()


@pytest.fixture(name="tiny", params=USERS, ids=["ordinary-user", "root"][: len(USERS)])
def _tiny(request: pytest.FixtureRequest) -> Iterator[TinySystem]:
    with system(request.param) as made:
        yield made


def test_services_of_all_kinds_answer(tiny: TinySystem) -> None:
    assert who(tiny.connect()) > 0
    assert int(ask(tiny.connect("private/line"), "x")) > 0
    assert tiny.connect("private/foreign").recv(100).split()[0]
    wait_for("the wakeup of pickup", lambda: b"W" in (tiny.queue / "triggered").read_bytes())


def test_processes_have_the_rights_that_master_cf_says(tiny: TinySystem) -> None:
    nobody = user_by_name("nobody").uid
    _pid, uid, service, share, place = ask(tiny.connect("public/echo"), "who").split()
    assert int(uid) == (nobody if is_root else os.getuid())
    assert (service, share) == ("echo", "2")
    assert place == ("/" if tiny.user is None and is_root else str(tiny.queue))
    agent = int(ask(tiny.connect("private/line"), "x"))
    status = Path(f"/proc/{agent}/status").read_text()
    assert f"Uid:\t{0 if tiny.user is None and is_root else nobody if is_root else os.getuid()}" in status


def test_a_daemon_has_no_descriptor_of_the_master(tiny: TinySystem) -> None:
    client = tiny.connect()
    pid = who(client)
    links = [os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir()]
    assert not [link for link in links if link.endswith((".pid", ".lock"))]
    listening = {
        f"socket:[{line.split()[9]}]" for line in Path("/proc/net/tcp").read_text().splitlines() if " 0A " in line
    }
    assert len(listening & set(links)) == 1  # its own listener only
    assert sum(link.startswith("pipe:") for link in links) <= 6  # flow control, and the loop's own
    command_line = Path(f"/proc/{pid}/cmdline").read_bytes()
    assert command_line.startswith(f"smtpd -n 127.0.0.1:{tiny.port} -t inet -u".encode())


def test_a_busy_service_gets_a_second_worker_and_a_limited_one_no_more_clients(tiny: TinySystem) -> None:
    clients = [tiny.connect() for _ in range(12)]
    for client in clients:
        who(client)
    if len(os.sched_getaffinity(0)) > 1:
        wait_for("the second worker", lambda: tiny.log.count("postfix/smtpd") >= 2)
    limited = [tiny.connect("public/echo") for _ in range(3)]
    for client in limited:
        who(client)
    fourth = tiny.connect("public/echo")
    fourth.sendall(b"x\n")
    fourth.settimeout(0.3)
    with pytest.raises(TimeoutError):
        fourth.recv(10)
    limited[0].close()
    fourth.settimeout(20)
    assert fourth.recv(10)


def test_a_reload_drops_no_session(tiny: TinySystem) -> None:
    old = tiny.connect()
    pid = who(old)
    tiny.signal(signal.SIGHUP)

    def replaced() -> bool:
        with tiny.connect() as client:
            return who(client) != pid

    wait_for("the new worker", replaced)
    assert who(old) == pid
    old.close()
    wait_for("the end of the old worker", lambda: not is_alive(pid))


def test_a_killed_master_can_be_started_again_while_sessions_live(tiny: TinySystem) -> None:
    client = tiny.connect()
    agent = tiny.connect("private/line")
    pid, agent_pid = who(client), int(ask(agent, "x"))
    tiny.signal(signal.SIGKILL)
    tiny.start()
    assert who(tiny.connect()) != pid
    assert who(client) == pid
    assert int(ask(agent, "x")) == agent_pid
    client.close()
    agent.close()
    wait_for("the end of the orphans", lambda: not is_alive(pid) and not is_alive(agent_pid))


def test_a_second_master_does_not_start(tiny: TinySystem) -> None:
    argv = [sys.executable, str(ROOT / "tests/support/tiny_master.py"), "-w", "-c", str(tiny.etc)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(argv, env=environ, user=tiny.user, cwd="/", timeout=60, check=False)
    assert done.returncode == 1
    assert "fatal: open lock file pid/master.pid: unable to set exclusive lock" in tiny.log


def test_a_fault_of_one_session_is_logged_and_the_others_live(tiny: TinySystem) -> None:
    other, faulty = tiny.connect(), tiny.connect()
    who(other)
    faulty.sendall(b"raise\n")
    assert faulty.recv(10) == b""
    assert who(other) > 0
    wait_for("the trace", lambda: "RuntimeError: a fault of one session" in tiny.log)


def test_a_worker_that_fails_after_it_served_is_replaced_at_once(tiny: TinySystem) -> None:
    client = tiny.connect()
    pid = who(client)
    client.close()
    with tiny.connect() as crashing:
        crashing.sendall(b"crash\n")
        crashing.recv(1)
    assert who(tiny.connect()) != pid
    wait_for("the warning", lambda: f"pid {pid} exit status 3" in tiny.log)
    assert "throttling" not in tiny.log


def test_a_daemon_that_cannot_start_is_throttled_and_tried_again(tiny: TinySystem) -> None:
    with (tiny.etc / "main.cf").open("a") as file:
        file.write("test_fatal = echo\n")
    client = tiny.connect("public/echo")
    wait_for("the warning", lambda: "bad command startup -- throttling" in tiny.log)
    assert "fatal: as the test wants it" in tiny.log
    path = tiny.etc / "main.cf"
    path.write_text(path.read_text().replace("test_fatal = echo", "test_fatal = none"))
    assert who(client) > 0


def test_a_missing_daemon_is_reported_and_keeps_nothing_else_from_running(tiny: TinySystem) -> None:
    wait_for("the warning", lambda: "service private/gone(unix): qmqpd: there is no such daemon" in tiny.log)
    with pytest.raises(FileNotFoundError):
        tiny.connect("private/gone")
    assert who(tiny.connect()) > 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_end_of_the_master_is_the_end_of_all(tiny: TinySystem, number: int) -> None:
    client = tiny.connect()
    pid, master = who(client), tiny.pid
    tiny.signal(number)
    wait_for("the end", lambda: not is_alive(pid) and not is_alive(master))
    assert f"terminating on signal {int(number)}" in tiny.log


def test_each_start_gives_a_new_generation(tiny: TinySystem) -> None:
    def generation() -> int:
        return int(tiny.connect("private/foreign").recv(100).split()[1], 8)

    assert generation() < generation()
