"""postcat: the command line and the files. What it prints is compared with Postfix's in tests/interop."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pymail.commands.postcat import Options, parse
from pymail.commands.postcat_print import Wish
from pymail.log.fatal import FatalError
from tests.support.command_line import QueueFolder

GOLDEN = Path(__file__).parents[2] / "golden/queue"
HELD = "16-hold.hold.13F8154030A"


@pytest.fixture
def folder(tmp_path: Path) -> QueueFolder:
    made = QueueFolder(tmp_path)
    (made.queue / "deferred/1").mkdir()
    shutil.copy(GOLDEN / HELD, made.queue / "deferred/1/13F8154030A")
    return made


@pytest.mark.parametrize(
    ("arguments", "wish"),
    [
        ([], Wish()),
        (["-e"], Wish(header=False, body=False)),
        (["-bh"], Wish(envelope=False)),
        (["-vor", "-d", "-f"], Wish(verbose=True, offsets=True, raw=True, decimal=True, file_names=True)),
        (["-s", "12"], Wish(start=12)),
    ],
)
def test_options_make_a_wish(arguments: list[str], wish: Wish) -> None:
    assert parse([*arguments, "x"]) == Options(wish, None, False, ("x",))


def test_an_offset_is_a_number() -> None:
    with pytest.raises(FatalError, match="bad offset: -1"):
        parse(["-s", "-1"])


def test_a_message_is_found_in_the_queue(folder: QueueFolder) -> None:
    done = folder.run("postcat", "-q", "13F8154030A")
    assert done.returncode == 0
    assert done.stdout.startswith(b"*** ENVELOPE RECORDS deferred/1/13F8154030A ***\nmessage_size: ")


def test_standard_input_is_shown(folder: QueueFolder) -> None:
    done = folder.run("postcat", stdin=(GOLDEN / HELD).read_bytes())
    assert done.stdout.startswith(b"*** ENVELOPE RECORDS stdin ***\n")
    assert done.stdout.endswith(b"*** MESSAGE FILE END stdin ***\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-q", "ABC"], "open queue file ABC: No such file or directory"),
        (["-q", "../x"], "bad mail queue ID: ../x"),
        (["/nonexistent"], "open /nonexistent: No such file or directory"),
        (["-q", "-c", "/none", "x"], "open /none/main.cf: No such file or directory"),
    ],
)
def test_what_cannot_be_read_is_fatal(folder: QueueFolder, arguments: list[str], said: str) -> None:
    done = folder.run("postcat", *arguments)
    assert (done.returncode, folder.said(done)) == (1, [f"postcat: fatal: {said}"])


def test_unknown_options_are_told(folder: QueueFolder) -> None:
    assert folder.said(folder.run("postcat", "-n"))[0] == "postcat: invalid option -- 'n'"
