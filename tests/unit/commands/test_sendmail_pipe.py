"""sendmail and postdrop, joined by pipes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pymail.commands.sendmail_pipe import PostdropPipe
from pymail.log.fatal import FatalError
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from pymail.proto.record import encode_all
from tests.support.command_line import ROOT, QueueFolder

RECORDS = (("S", b"a"), ("R", b"b"), ("M", b""), ("N", b"x"), ("X", b""), ("E", b""))
MESSAGE = encode_all((ord(letter), data) for letter, data in RECORDS)


@pytest.fixture
def folder(tmp_path: Path) -> QueueFolder:
    return QueueFolder(tmp_path)


def open_pipe(*command: str) -> PostdropPipe:
    return PostdropPipe(command, Log("test", MemorySink()), os.environ)


def open_postdrop(folder: QueueFolder) -> PostdropPipe:
    return open_pipe(str(ROOT / "bin/postdrop"), "-r", "-c", str(folder.etc))


def test_a_message_goes_through(folder: QueueFolder) -> None:
    pipe = open_postdrop(folder)
    pipe.write(MESSAGE)
    assert (pipe.finish(), pipe.failed, pipe.reason) == (0, False, "")
    assert [letter for letter, _ in folder.submitted()[0]] == list("SRMNXE")


def test_a_message_that_is_given_up_is_removed(folder: QueueFolder) -> None:
    pipe = open_postdrop(folder)
    pipe.write(MESSAGE[:5])
    pipe.remove()
    pipe.remove()
    assert folder.submitted() == []


def test_a_refused_message_has_its_status(folder: QueueFolder) -> None:
    folder.configure(local_login_sender_maps="static:@elsewhere")
    pipe = open_postdrop(folder)
    pipe.write(MESSAGE)
    assert (pipe.finish(), pipe.reason) == (512, "not authorized to use sender='a'")


def test_a_postdrop_that_dies_is_an_error_in_writing(folder: QueueFolder) -> None:
    pipe = open_postdrop(folder)
    pipe.write(b"p\x00")
    assert pipe.finish() == 2


def test_a_postdrop_that_takes_no_more_is_noticed() -> None:
    code = "import os; os.write(1, b'queue_id\\0X\\0\\0')"
    pipe = open_pipe(sys.executable, "-I", "-c", code)
    for _ in range(3):
        pipe.write(b"x" * 200_000)
    assert pipe.failed
    assert pipe.finish() == 2


@pytest.mark.parametrize("command", [("/nonexistent/postdrop", "-r"), ("/bin/true",)])
def test_a_postdrop_that_does_not_start_is_fatal(command: tuple[str, ...]) -> None:
    with pytest.raises(FatalError, match=f"unable to execute {' '.join(command)}: "):
        open_pipe(*command)
