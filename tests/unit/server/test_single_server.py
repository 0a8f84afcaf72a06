from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pymail.server import single_server
from pymail.server.flow import FlowPipe
from pymail.server.invocation import Invocation
from pymail.server.status import State
from pymail.unix import locks
from tests.support.processes import Child, Master, in_child, make_invocation


class Echo:
    """Answers what it gets until the client hangs up."""

    pre_accepted = True

    def before_jail(self, invocation: Invocation) -> None: ...

    def after_jail(self, invocation: Invocation) -> None: ...

    def pre_accept(self) -> bool:
        return self.pre_accepted

    def serve(self, client: socket.socket) -> None:
        while data := client.recv(100):
            client.sendall(data)


@contextmanager
def running(folder: Path, daemon: Echo | None = None, **fields: Any) -> Iterator[tuple[Child, Master]]:
    master = Master(folder)
    invocation = make_invocation(folder, fields.pop("settings", None), listeners=(master.listener,), **fields)

    def live() -> None:
        single_server.run(replace(invocation, status=master.channel()), daemon or Echo())

    with in_child(live) as child:
        master.let_go()
        yield child, master


def talk(master: Master) -> bytes:
    with master.connect() as client:
        client.sendall(b"hello")
        return client.recv(100)


def test_each_client_is_reported_before_and_after(tmp_path: Path) -> None:
    with running(tmp_path) as (_child, master):
        with master.connect() as client:
            client.sendall(b"hello")
            assert client.recv(100) == b"hello"
            assert master.states(1) == [State.TAKEN]
        assert master.states(1) == [State.AVAILABLE]


def test_it_ends_after_max_use_clients(tmp_path: Path) -> None:
    with running(tmp_path, max_use=2) as (child, master):
        assert [talk(master), talk(master)] == [b"hello"] * 2
        assert child.wait() == 0
        assert master.states(4) == [0, 1, 0, 1]


def test_it_ends_when_it_was_idle(tmp_path: Path) -> None:
    with running(tmp_path, max_idle=1) as (child, _master):
        assert child.wait() == 0


def test_it_ends_with_its_master(tmp_path: Path) -> None:
    with running(tmp_path) as (child, master):
        assert talk(master) == b"hello"
        master.read.close()
        assert child.wait() == 0


def test_it_serves_a_client_to_the_end_although_the_master_is_gone(tmp_path: Path) -> None:
    with running(tmp_path) as (child, master):
        client = master.connect()
        client.sendall(b"a")
        assert client.recv(1) == b"a"
        master.read.close()
        client.sendall(b"b")
        assert client.recv(1) == b"b"
        client.close()
        assert child.wait() == 0


def test_it_ends_when_the_daemon_wants_a_new_process(tmp_path: Path) -> None:
    daemon = Echo()
    daemon.pre_accepted = False
    with running(tmp_path, daemon) as (child, master):
        client = master.connect()
        assert child.wait() == 0
        client.close()


def test_who_holds_the_lock_accepts(tmp_path: Path) -> None:
    (tmp_path / "pid").mkdir()
    fd = os.open(tmp_path / "pid/unix.tiny", os.O_RDWR | os.O_CREAT, 0o600)
    locks.lock(fd)
    with running(tmp_path) as (_child, master):
        client = master.connect()
        client.sendall(b"x")
        client.settimeout(0.1)
        try:
            served = client.recv(1)
        except TimeoutError:
            served = b""
        assert served == b""
        locks.unlock(fd)
        client.settimeout(10)
        assert client.recv(1) == b"x"
        client.close()


def test_a_token_is_taken_by_a_daemon_that_wants_one(tmp_path: Path) -> None:
    read_fd, write_fd = os.pipe2(os.O_NONBLOCK)
    flow = FlowPipe(read_fd, write_fd)
    flow.put(5)
    daemon = Echo()
    daemon.takes_flow_token = True  # type: ignore[attr-defined]  # read if it is there
    with running(tmp_path, daemon, flow=flow) as (_child, master):
        assert talk(master) == b"hello"
        assert flow.count() == 4
