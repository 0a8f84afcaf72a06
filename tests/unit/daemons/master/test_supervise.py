from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pymail.daemons.master.params import MasterParams
from pymail.daemons.master.plumbing import open_service
from pymail.daemons.master.supervise import Supervisor, Surroundings
from pymail.log.logger import Log
from pymail.log.sinks import FileSink
from pymail.server import single_server
from pymail.server.invocation import Invocation
from tests.support.instance import is_alive
from tests.support.processes import Child, in_child, make_conf
from tests.support.waiting import wait_for
from tests.unit.daemons.master.test_plumbing import build


class Answering:
    """Says its number to each client."""

    def before_jail(self, invocation: Invocation) -> None: ...

    def after_jail(self, invocation: Invocation) -> None: ...

    def serve(self, client: socket.socket) -> None:
        client.sendall(str(os.getpid()).encode())
        client.recv(1)


def serve(invocation: Invocation) -> None:
    single_server.run(invocation, Answering())


def fail(_invocation: Invocation) -> None:
    os._exit(7)


@pytest.fixture(name="queue")
def _queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in ("private", "public", "pid"):
        (tmp_path / name).mkdir()
    (tmp_path / "main.cf").write_text(f"queue_directory = {tmp_path}\nmaillog_file = {tmp_path}/log\n")
    monkeypatch.chdir(tmp_path)
    yield tmp_path


def supervise(queue: Path, line: str, main: Callable[[Invocation], None]) -> None:
    """Be a master with one service."""
    os.setsid()
    log = Log("postfix/master", FileSink(str(queue / "log")))
    supervisor = Supervisor(
        MasterParams(make_conf(queue, service_throttle_time="1s")), Surroundings(str(queue), {}, None, log)
    )
    service, bound = build(queue, line)
    supervisor.mains = {service.program: main}
    supervisor.catch_signals()
    supervisor.add(service, open_service(service, bound, 10, None))
    supervisor.on_reload = lambda: supervisor.change(service)
    supervisor.stop(supervisor.run())


def ask(queue: Path, seconds: float = 10) -> tuple[socket.socket, int]:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(seconds)

    def connect() -> bool:
        try:
            client.connect(str(queue / "private/x"))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True

    wait_for("the service's socket", connect)
    return client, int(client.recv(20) or b"0")


def log_of(queue: Path) -> str:
    return (queue / "log").read_text() if (queue / "log").exists() else ""


def end(master: Child) -> None:
    os.kill(master.pid, signal.SIGTERM)
    assert master.wait() == 0


def test_a_process_is_started_for_a_client_and_serves_the_next_one_too(queue: Path) -> None:
    with in_child(lambda: supervise(queue, "x unix - n n - 5 local", serve)) as master:
        client, pid = ask(queue)
        client.close()
        wait_for("the same process", lambda: ask(queue)[1] == pid)
        end(master)
    assert not is_alive(pid)


def test_two_clients_get_two_processes_and_a_third_waits_at_the_limit(queue: Path) -> None:
    with in_child(lambda: supervise(queue, "x unix - n n - 2 local", serve)) as master:
        first, one = ask(queue)
        _second, two = ask(queue)
        assert one != two
        third = socket.socket(socket.AF_UNIX)
        third.connect(str(queue / "private/x"))
        third.settimeout(0.2)
        with pytest.raises(TimeoutError):
            third.recv(20)
        first.close()
        third.settimeout(10)
        assert int(third.recv(20)) == one
        end(master)


def test_a_process_that_fails_at_once_throttles_its_service(queue: Path) -> None:
    with in_child(lambda: supervise(queue, "x unix - n n - 5 local", fail)) as master:
        client = socket.socket(socket.AF_UNIX)
        wait_for("the socket", lambda: (queue / "private/x").exists())
        wait_for("the service", lambda: client.connect_ex(str(queue / "private/x")) == 0)
        wait_for("the warning", lambda: "bad command startup -- throttling" in log_of(queue))
        wait_for("the next try", lambda: log_of(queue).count("exit status 7") >= 2)
        end(master)
    assert "warning: process /usr/libexec/postfix/local pid" in log_of(queue)


def test_a_killed_process_is_reported_and_replaced(queue: Path) -> None:
    with in_child(lambda: supervise(queue, "x unix - n n - 5 local", serve)) as master:
        client, pid = ask(queue)
        os.kill(pid, signal.SIGKILL)
        wait_for("the warning", lambda: f"pid {pid} killed by signal 9" in log_of(queue))
        client.close()
        end(master)


def test_a_reload_lets_a_client_finish_and_then_ends_the_process(queue: Path) -> None:
    with in_child(lambda: supervise(queue, "x unix - n n - 5 local", serve)) as master:
        client, pid = ask(queue)
        os.kill(master.pid, signal.SIGHUP)
        _other, new = ask(queue)
        assert new != pid
        assert is_alive(pid)
        client.close()
        wait_for("the end of the old process", lambda: not is_alive(pid))
        end(master)


def test_the_end_is_logged_and_leaves_no_process(queue: Path) -> None:
    with in_child(lambda: supervise(queue, "x unix - n n - 5 local", serve)) as master:
        _client, pid = ask(queue)
        end(master)
    assert "terminating on signal 15" in log_of(queue)
    assert not is_alive(pid)
