"""postsuper. What it does and says is compared with Postfix's in tests/interop."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pymail.commands.postsuper import Options, parse
from pymail.log.fatal import FatalError
from pymail.queue.structure import Fix
from tests.support.command_line import QueueFolder

NOTHING = Fix(structure=False, purge=False)


@pytest.fixture
def folder(tmp_path: Path) -> QueueFolder:
    made = QueueFolder(tmp_path)
    for name in ("deferred/A", "defer/A"):
        (made.queue / name).mkdir()
    put(made, "deferred/A/ABCDE1")
    put(made, "defer/A/ABCDE1", 0o600)
    put(made, "active/BCDEF2")
    put(made, "hold/CDEF33")
    return made


def put(folder: QueueFolder, name: str, mode: int = 0o700) -> None:
    (folder.queue / name).write_text(name)
    (folder.queue / name).chmod(mode)


def files(folder: QueueFolder) -> set[str]:
    return {str(path.relative_to(folder.queue)) for path in folder.queue.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ([], Options(None, (), Fix(), (), 0)),
        (["-s"], Options(None, (), Fix(purge=False), (), 0)),
        (["-S", "-p"], Options(None, (), Fix(long_names=True), (), 0)),
        (["-p", "hold"], Options(None, (), Fix(structure=False), ("hold",), 0)),
        (["-v", "-d", "A", "-r", "-", "-v"], Options(None, (("d", "A"), ("r", "-")), NOTHING, (), 2)),
        (["-c", "/x", "-h", "ALL", "active"], Options("/x", (("h", "ALL"),), NOTHING, ("active",), 0)),
    ],
)
def test_the_command_line_is_understood(arguments: list[str], options: Options) -> None:
    assert parse(arguments) == options


@pytest.mark.parametrize(
    ("arguments", "text"),
    [(["-c", "etc"], "-c requires absolute pathname"), (["-d", "ALL", "corrupt"], "invalid directory name: corrupt")],
)
def test_a_wrong_command_line_is_fatal(arguments: list[str], text: str) -> None:
    with pytest.raises(FatalError, match=text):
        parse(arguments)


@pytest.mark.parametrize(
    ("arguments", "said", "left"),
    [
        (
            ["-d", "ABCDE1", "-d", "nosuch"],
            ["ABCDE1: removed", "Deleted: 1 message"],
            {"active/BCDEF2", "hold/CDEF33"},
        ),
        (["-d", "ALL"], ["Deleted: 3 messages"], set()),
        (["-d", "-"], ["warning: invalid mail queue id: a/b", "CDEF33: removed", "Deleted: 1 message"], None),
        (
            ["-h", "BCDEF2", "-H", "CDEF33"],
            [
                "BCDEF2: placed on hold", "CDEF33: released from hold", "Placed on hold: 1 message",
                "Released from hold: 1 message",
            ],
            {"deferred/A/ABCDE1", "defer/A/ABCDE1", "hold/BCDEF2", "deferred/C/CDEF33"},
        ),
        (["-r", "ALL", "hold"], ["Requeued: 1 message"], None),
        (
            ["-f", "CDEF33"],
            [
                "CDEF33: expired", "CDEF33: released from hold", "Force-expired: 1 message",
                "Released from hold: 1 message",
            ],
            None,
        ),
        (["-d", "nosuch"], ["Deleted: 0 messages"], None),
    ],
)  # fmt: skip
def test_messages_are_changed_and_counted(
    folder: QueueFolder, arguments: list[str], said: list[str], left: set[str] | None
) -> None:
    done = folder.run("postsuper", *arguments, stdin=b"a/b\nCDEF33\n")
    assert (done.returncode, folder.said(done)) == (0, [f"postsuper: {line}" for line in said])
    if left is not None:
        assert files(folder) == left
    assert all(line in folder.log.read_text() for line in said)


def test_the_check_renames_and_warns(folder: QueueFolder) -> None:
    inode = (folder.queue / "hold/CDEF33").stat().st_ino
    done = folder.run("postsuper", "-s", "-p", "hold")
    assert folder.said(done) == [
        "postsuper: Renamed to match inode number: 1 message",
        "postsuper: warning: QUEUE FILE NAMES WERE CHANGED TO MATCH INODE NUMBERS",
    ]
    assert (folder.queue / f"hold/CDEF3{inode:X}").exists()


def test_ids_of_before_a_repair_are_not_used(folder: QueueFolder) -> None:
    done = folder.run("postsuper", "-s", "-d", "CDEF33")
    assert (done.returncode, folder.said(done)[-1]) == (
        1,
        "postsuper: fatal: CHECK YOUR QUEUE IDS AND RE-ISSUE THE COMMAND",
    )
    assert len(files(folder)) == 4


@pytest.mark.ordinary_user
@pytest.mark.skipif(os.geteuid() == 0, reason="root may do everything")
def test_others_may_not_touch_the_queue(folder: QueueFolder) -> None:
    folder.configure(queue_directory="/")
    done = folder.run("postsuper", "-d", "ALL")
    assert folder.said(done) == ["postsuper: fatal: use of this command is reserved for the superuser"]
