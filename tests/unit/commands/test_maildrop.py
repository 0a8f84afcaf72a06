"""Submission into the maildrop."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pymail.commands import maildrop
from pymail.commands.sendmail_params import MaildropParams
from pymail.config.main_cf import MainCf
from pymail.log.fatal import FatalError
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Path]:
    for name in ("maildrop", "public"):
        (tmp_path / name).mkdir()
    before = os.getcwd()
    maildrop.enter_queue(str(tmp_path))
    yield tmp_path
    os.chdir(before)


def open_maildrop(sink: MemorySink, **settings: str) -> maildrop.Maildrop:
    return maildrop.Maildrop(MaildropParams(MainCf("/nonexistent", settings)), Log("test", sink))


def test_a_finished_message_wakes_pickup_up(queue: Path) -> None:
    sink = MemorySink()
    with socket.socket(socket.AF_UNIX) as pickup:
        pickup.bind("public/pickup")
        pickup.listen()
        file = open_maildrop(sink)
        file.write(b"E\0")
        assert file.finish() == 0
        client, _ = pickup.accept()
        with client:
            assert client.recv(10).startswith(b"W")
    assert [path.name for path in (queue / "maildrop").iterdir()] == [file.queue_id]
    assert sink.lines == []


def test_with_the_mail_system_down_the_message_is_queued_with_a_warning(queue: Path) -> None:
    sink = MemorySink()
    assert open_maildrop(sink).finish() == 0
    assert sink.lines == [("warning", "unable to look up public/pickup: No such file or directory")]


def test_a_message_over_the_limit_is_removed(queue: Path) -> None:
    sink = MemorySink()
    file = open_maildrop(sink, message_size_limit="50")
    file.write(b"x" * 100)
    assert file.failed
    file.write(b"x")
    assert file.finish() == maildrop.STATUS_SIZE
    assert sink.lines == [("warning", f"uid={os.getuid()}: File too large")]
    assert list((queue / "maildrop").iterdir()) == []


def test_a_message_that_is_given_up_is_removed(queue: Path) -> None:
    open_maildrop(MemorySink()).remove()
    assert list((queue / "maildrop").iterdir()) == []


def test_a_maildrop_that_cannot_be_written_is_fatal(queue: Path) -> None:
    (queue / "maildrop").rmdir()
    with pytest.raises(FatalError, match="mail_queue_enter: create file maildrop/.*: No such file or directory"):
        open_maildrop(MemorySink())


def test_a_missing_queue_is_fatal() -> None:
    with pytest.raises(FatalError, match="chdir /nonexistent: No such file or directory"):
        maildrop.enter_queue("/nonexistent")


def test_all_octets_are_written() -> None:
    source, target = os.pipe()
    maildrop.write_all(target, b"x" * 1000)
    os.close(target)
    with open(source, "rb") as pipe:
        assert pipe.read() == b"x" * 1000
