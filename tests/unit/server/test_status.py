from __future__ import annotations

import os
import socket

import pytest

from pymail.server.status import MESSAGE, State, StatusChannel


@pytest.fixture(name="ends")
def _ends() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair()


def test_a_message_is_twelve_octets_as_postfix_writes_them(ends: tuple[socket.socket, socket.socket]) -> None:
    # Captured from a real child: pid 1206, generation 0121 octal, taken.
    assert MESSAGE.pack(1206, 0o121, State.TAKEN) == bytes.fromhex("b6040000 51000000 00000000")
    assert StatusChannel(ends[1], 5).report(State.AVAILABLE)
    assert MESSAGE.unpack(ends[0].recv(100)) == (os.getpid(), 5, 1)


def test_a_foreign_master_hears_only_what_it_knows(ends: tuple[socket.socket, socket.socket]) -> None:
    StatusChannel(ends[1], 5).report(State.FULL, State.RETIRING, State.AVAILABLE)
    data = ends[0].recv(100)
    assert [state for _pid, _generation, state in MESSAGE.iter_unpack(data)] == [0, 0, 1]


def test_our_master_hears_everything(ends: tuple[socket.socket, socket.socket]) -> None:
    StatusChannel(ends[1], 5, extended=True).report(State.FULL, State.RETIRING)
    assert [state for _pid, _generation, state in MESSAGE.iter_unpack(ends[0].recv(100))] == [2, 3]


def test_a_report_fails_when_the_master_is_gone(ends: tuple[socket.socket, socket.socket]) -> None:
    channel = StatusChannel(ends[1], 5)
    assert not channel.is_readable()
    ends[0].close()
    assert channel.is_readable()
    assert not channel.report(State.AVAILABLE)
