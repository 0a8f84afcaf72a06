from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from pymail.daemons.master import children, plumbing
from pymail.daemons.master.children import Start
from pymail.log.logger import Log
from pymail.log.sinks import FileSink
from pymail.server.flow import FlowPipe
from pymail.server.invocation import Invocation
from pymail.server.status import MESSAGE, State
from tests.support.processes import DEADLINE
from tests.unit.daemons.master.test_plumbing import build


@pytest.fixture(name="start")
def _start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    for name in ("private", "public", "pid"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    service, bound = build(tmp_path, "x unix - n n - 3 local")
    (tmp_path / "main.cf").write_text(f"queue_directory = {tmp_path}\nmaillog_file = {tmp_path}/log\n")
    return Start(
        service=service,
        ends=plumbing.open_service(service, bound, 10, None),
        flow=FlowPipe(*os.pipe()),
        directory=str(tmp_path),
        daemon_directory="/usr/libexec/postfix",
        environ={"PATH": "/usr/bin:/bin"},
        postlog=None,
        mains={},
        log=Log("postfix/master", FileSink(str(tmp_path / "log"))),
        generation=9,
    )


def wait(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_child_has_its_own_ends_and_nothing_of_the_master(start: Start) -> None:
    lock = os.open("pid/master.pid", os.O_RDWR | os.O_CREAT)
    signal.set_wakeup_fd(-1)

    def main(invocation: Invocation) -> None:
        names = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
        links = [os.readlink(name) for name in names if os.path.lexists(name)]
        assert not [link for link in links if "master.pid" in link]
        sockets = [link for link in links if link.startswith("socket:")]
        assert len(sockets) <= 3  # status, listener, and the log
        assert invocation.share == 1
        assert invocation.status is not None
        assert invocation.flow is not None
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
        invocation.status.report(State.RETIRING)

    start.mains = {"local": main}
    pid = children.fork(start)
    assert wait(pid) == 0, Path("log").read_text()
    start.ends.status_read.settimeout(DEADLINE)
    assert MESSAGE.unpack(start.ends.status_read.recv(12)) == (pid, 9, State.RETIRING)
    os.close(lock)


def test_a_child_that_raises_ends_with_status_one(start: Start) -> None:
    def main(invocation: Invocation) -> None:
        raise SystemExit(1)

    start.mains = {"local": main}
    assert wait(children.fork(start)) == 1


def test_a_child_sees_the_end_of_its_master(start: Start) -> None:
    def main(invocation: Invocation) -> None:
        assert invocation.status is not None
        invocation.status.sock.setblocking(True)
        assert invocation.status.sock.recv(1) == b""

    start.mains = {"local": main}
    pid = children.fork(start)
    start.ends.status_read.close()
    start.ends.status_write.close()
    assert wait(pid) == 0


def test_a_missing_program_is_a_fatal_line(start: Start, tmp_path: Path) -> None:
    start.service, _bound = build(tmp_path, "y unix - n n - 3 /no/such/program")
    assert wait(children.fork(start)) == 1
    assert "fatal: exec /no/such/program: No such file or directory" in Path("log").read_text()


def test_a_foreign_program_gets_the_protocol(start: Start, tmp_path: Path) -> None:
    program = tmp_path / "program"
    said = tmp_path / "said"
    program.write_text(f"#!/bin/sh\nprintf '%s ' \"$@\" $GENERATION > {said}\ntest -S /dev/fd/5 && test -S /dev/fd/6\n")
    program.chmod(0o755)
    start.service, _bound = build(tmp_path, f"y unix - n n - 3 {program} a b")
    assert wait(children.fork(start)) == 0
    assert said.read_text() == "-n y -t unix a b 11 "
    assert isinstance(start.ends.listeners[0], socket.socket)
