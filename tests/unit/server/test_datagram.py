from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pymail.server.datagram import run_datagram
from pymail.server.invocation import Invocation
from pymail.server.status import State
from tests.support.processes import Child, Master, in_child, make_invocation
from tests.support.waiting import wait_for


class Collecting:
    """Writes what a batch brought to a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.batch: list[bytes] = []

    def before_jail(self, invocation: Invocation) -> None: ...

    def after_jail(self, invocation: Invocation) -> None: ...

    def datagram(self, data: bytes) -> None:
        self.batch.append(data)

    def end_of_batch(self) -> None:
        with self.path.open("ab") as file:
            file.write(b"".join(self.batch))
        self.batch = []


@contextmanager
def running(folder: Path, **fields: Any) -> Iterator[tuple[Child, Master, Path]]:
    master = Master(folder, socket.SOCK_DGRAM)
    written = folder / "written"
    written.touch()
    invocation = make_invocation(folder, listeners=(master.listener,), transport="unix-dgram", **fields)

    def live() -> None:
        run_datagram(replace(invocation, status=master.channel()), Collecting(written))

    with in_child(live) as child:
        master.let_go()
        yield child, master, written


def test_every_datagram_arrives(tmp_path: Path) -> None:
    with running(tmp_path) as (_child, master, written), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        for number in range(50):
            sender.sendto(b"%d," % number, master.path)
        wait_for("all datagrams", lambda: written.read_bytes() == b"".join(b"%d," % number for number in range(50)))
        assert master.states(2) == [State.TAKEN, State.AVAILABLE]


def test_what_was_sent_before_the_master_ended_is_not_lost(tmp_path: Path) -> None:
    with running(tmp_path) as (child, master, written), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"last words", master.path)
        master.read.close()
        assert child.wait() == 0
        assert written.read_bytes() == b"last words"


def test_it_ends_when_it_was_idle(tmp_path: Path) -> None:
    with running(tmp_path, settings={"max_idle": "1s"}) as (child, _master, _written):
        assert child.wait() == 0
