from __future__ import annotations

import socket
from pathlib import Path

from pymail.server.status import StatusChannel
from pymail.server.waiting import Event, Waiter


def listener(folder: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.bind(str(folder / "s"))
    made.listen()
    return made


def test_a_client_ends_the_wait_and_is_accepted_blocking(tmp_path: Path) -> None:
    waiter = Waiter([listener(tmp_path)], None)
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(tmp_path / "s"))
    assert waiter.wait(5) is Event.CLIENT
    accepted = waiter.accept()
    assert accepted is not None
    assert accepted.getblocking()
    assert waiter.accept() is None  # somebody else was faster


def test_the_end_of_the_channel_ends_the_wait(tmp_path: Path) -> None:
    master, worker = socket.socketpair()
    waiter = Waiter([listener(tmp_path)], StatusChannel(worker, 1))
    master.close()
    assert waiter.wait(0) is Event.MASTER


def test_the_time_ends_the_wait(tmp_path: Path) -> None:
    assert Waiter([listener(tmp_path)], None).wait(0.01) is Event.IDLE
