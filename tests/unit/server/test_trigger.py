from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pymail.ipc.trigger import trigger
from pymail.server.invocation import Invocation
from pymail.server.trigger import TriggerSession, read_request, run_trigger
from tests.support.processes import Child, Master, in_child, make_invocation
from tests.support.waiting import wait_for


class Noting:
    """Writes what it is asked to a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def before_jail(self, invocation: Invocation) -> None: ...

    def after_jail(self, invocation: Invocation) -> None: ...

    def on_trigger(self, requests: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(requests + b".")


@contextmanager
def running(folder: Path, **fields: Any) -> Iterator[tuple[Child, Master, Path]]:
    master = Master(folder)
    noted = folder / "noted"
    noted.touch()
    invocation = make_invocation(folder, listeners=(master.listener,), **fields)

    def live() -> None:
        run_trigger(replace(invocation, status=master.channel()), Noting(noted))

    with in_child(live) as child:
        master.let_go()
        yield child, master, noted


def test_requests_reach_the_daemon_without_their_padding(tmp_path: Path) -> None:
    with running(tmp_path) as (_child, master, noted):
        assert trigger(master.path, b"W")
        assert trigger(master.path, b"FA")
        wait_for("both requests", lambda: noted.read_bytes() == b"W.FA.")
        assert master.states(4) == [0, 1, 0, 1]


def test_it_ends_after_max_use(tmp_path: Path) -> None:
    with running(tmp_path, max_use=1) as (child, master, noted):
        trigger(master.path, b"W")
        assert child.wait() == 0
        assert noted.read_bytes() == b"W."


def test_it_ends_with_its_master(tmp_path: Path) -> None:
    with running(tmp_path) as (child, master, _noted):
        master.read.close()
        assert child.wait() == 0


class Closing(asyncio.Transport):
    closed = False

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"W\0", [b"W"], id="one"),
        pytest.param(b"FADI\0", [b"FADI"], id="several"),
        pytest.param(b"\0", [], id="padding-only"),
        pytest.param(b"x" * 5000, [b"x" * 1024], id="too-long"),
    ],
)
def test_a_session_takes_one_read_and_hangs_up(data: bytes, expected: list[bytes]) -> None:
    requests: list[bytes] = []
    session = TriggerSession(requests.append)
    transport = Closing()
    session.connection_made(transport)
    session.data_received(data)
    assert requests == expected
    assert transport.closed


def test_a_client_that_says_nothing_asks_for_nothing() -> None:
    left, right = socket.socketpair()
    left.close()
    assert read_request(right) == b""


def test_a_named_pipe_can_be_triggered(tmp_path: Path) -> None:
    path, noted = tmp_path / "fifo", tmp_path / "noted"
    noted.touch()
    os.mkfifo(path)
    fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    invocation = make_invocation(tmp_path, transport="fifo", fifo=fd, max_use=1, alone=True)
    with in_child(lambda: run_trigger(invocation, Noting(noted))) as child:
        os.write(fd, b"W")
        assert child.wait() == 0
    assert noted.read_bytes() == b"W."
