"""Triggers reach a listener, and never fail loudly."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from pymail.ipc import trigger


@pytest.mark.parametrize("send", [trigger.trigger, trigger.trigger_now])
def test_a_listener_gets_the_requests(tmp_path: Path, send: object) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "qmgr"))
    listener.listen(1)
    assert callable(send)
    assert send(str(tmp_path / "qmgr"), b"FADI")
    client, _ = listener.accept()
    client.settimeout(5)
    with client, client.makefile("rb") as stream:
        assert stream.read() == b"FADI\0"
    listener.close()


@pytest.mark.parametrize("send", [trigger.trigger, trigger.trigger_now])
def test_nobody_there_is_false(tmp_path: Path, send: object) -> None:
    assert callable(send)
    assert send(str(tmp_path / "none")) is False


def test_a_full_backlog_counts_as_a_wakeup_under_way(tmp_path: Path) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "qmgr"))
    listener.listen(0)
    assert all(trigger.trigger_now(str(tmp_path / "qmgr")) for _ in range(5))
    listener.close()
