from __future__ import annotations

import os
from pathlib import Path

import pytest

from pymail.daemons.master import plumbing, wakeup
from tests.unit.daemons.master.test_plumbing import build


@pytest.fixture(name="queue")
def _queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "private").mkdir()
    (tmp_path / "public").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("line", ["x unix n - n 60 1 pickup", "0 inet n - n 60 1 smtpd"], ids=["unix", "inet"])
def test_a_socket_gets_the_octet(queue: Path, line: str) -> None:
    service, bound = build(queue, line)
    ends = plumbing.open_service(service, bound, 10, None)
    wakeup.wake(service, ends)
    client, _address = ends.listeners[0].accept()
    client.settimeout(5)
    assert client.recv(10)[:1] == b"W"
    ends.close()


def test_a_named_pipe_gets_the_octet(queue: Path) -> None:
    service, bound = build(queue, "x fifo n - n 60 1 pickup")
    ends = plumbing.open_service(service, bound, 10, None)
    wakeup.wake(service, ends)
    assert os.read(ends.fifo, 10) == b"W"
    ends.close()


def test_nobody_at_home_is_no_error(queue: Path) -> None:
    service, bound = build(queue, "x unix n - n 60 1 pickup")
    ends = plumbing.open_service(service, bound, 10, None)
    plumbing.remove_socket(service)
    wakeup.wake(service, ends)
    ends.close()
