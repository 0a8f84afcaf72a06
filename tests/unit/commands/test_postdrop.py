"""postdrop."""

from __future__ import annotations

import getpass
import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from pymail.proto.attr import ListReader
from pymail.proto.record import encode_all
from tests.support.command_line import ROOT, QueueFolder

GOLDEN = Path(__file__).parents[2] / "golden/postdrop.jsonl"
Record = tuple[str, bytes]
MESSAGE: tuple[Record, ...] = (("S", b"a"), ("R", b"b"), ("M", b""), ("N", b"x"), ("X", b""), ("E", b""))


@pytest.fixture
def folder(tmp_path: Path) -> QueueFolder:
    return QueueFolder(tmp_path)


def octets(*records: Record) -> bytes:
    return encode_all((ord(letter), data) for letter, data in records)


def replies(output: bytes) -> list[list[bytes]]:
    reader = ListReader()
    reader.feed(output)
    found = []
    while (fields := reader.next_list()) is not None:
        found.append(fields)
    return found


@pytest.mark.parametrize("line", GOLDEN.read_text().splitlines(), ids=lambda line: json.loads(line)["case"])
def test_the_dialogue_is_postfix_s(folder: QueueFolder, line: str) -> None:
    steps = [(step["from"], bytes.fromhex(step["hex"])) for step in json.loads(line)["steps"]]
    done = folder.run("postdrop", "-r", stdin=steps[1][1])
    said = re.sub(rb"(?<=queue_id\0)[0-9A-F]+", b"ID", done.stdout)
    assert said == re.sub(rb"(?<=queue_id\0)[0-9A-F]+", b"ID", steps[0][1]) + steps[2][1]
    assert (done.returncode, folder.said(done)) == (0, [])
    assert [octets(*records) for records in folder.submitted()] == [steps[1][1]]


def test_the_announced_name_is_that_of_the_file(folder: QueueFolder) -> None:
    done = folder.run("postdrop", "-r", stdin=octets(*MESSAGE))
    assert [path.name for path in (folder.queue / "maildrop").iterdir()] == [replies(done.stdout)[0][3].decode()]


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([], id="nothing"),
        pytest.param(MESSAGE[:3], id="no-content"),
        pytest.param(MESSAGE[:-1], id="no-end"),
    ],
)
def test_end_of_input_cancels_the_message(folder: QueueFolder, records: list[Record]) -> None:
    done = folder.run("postdrop", "-r", stdin=octets(*records))
    assert (done.returncode, folder.said(done), len(replies(done.stdout))) == (0, [], 1)
    assert list((folder.queue / "maildrop").iterdir()) == []


@pytest.mark.parametrize("missing", ["S", "R"])
def test_a_message_needs_sender_and_recipient(folder: QueueFolder, missing: str) -> None:
    done = folder.run("postdrop", stdin=octets(*(record for record in MESSAGE if record[0] != missing)))
    assert (done.returncode, replies(done.stdout)[1]) == (1, [b"status", b"1", b"reason", b""])
    assert list((folder.queue / "maildrop").iterdir()) == []


@pytest.mark.parametrize(
    ("stdin", "text"),
    [
        pytest.param(octets(("S", b"a"), ("p", b"1")), "unexpected record type: 112", id="type"),
        pytest.param(octets(("S", b"a\nb")), "malformed input", id="newline"),
        pytest.param(b"S\xff\xff\xff\xff\x7f", "malformed input", id="length"),
    ],
)
def test_bad_input_is_fatal(folder: QueueFolder, stdin: bytes, text: str) -> None:
    done = folder.run("postdrop", stdin=stdin)
    assert (done.returncode, folder.said(done)) == (1, [f"postdrop: fatal: uid={os.getuid()}: {text}"])
    assert list((folder.queue / "maildrop").iterdir()) == []


def test_the_size_limit_is_told_in_the_status(folder: QueueFolder) -> None:
    folder.configure(message_size_limit="2000")
    long = octets(*MESSAGE[:3], *[("N", b"x" * 1000)] * 200, *MESSAGE[4:])
    done = folder.run("postdrop", stdin=long)
    assert replies(done.stdout)[1] == [b"status", b"4", b"reason", b""]
    assert folder.said(done) == [f"postdrop: warning: uid={os.getuid()}: File too large"]
    assert list((folder.queue / "maildrop").iterdir()) == []


def test_users_can_be_kept_out(folder: QueueFolder) -> None:
    folder.configure(authorized_submit_users="nobody-else")
    done = folder.run("postdrop", stdin=octets(*MESSAGE))
    me = f"{getpass.getuser()}({os.getuid()})"
    assert (done.returncode, folder.said(done)) == (1, [f"postdrop: fatal: User {me} is not allowed to submit mail"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_removes_the_unfinished_file(folder: QueueFolder, number: int) -> None:
    process = subprocess.Popen(
        [str(ROOT / "bin/postdrop"), "-r"],
        env={**os.environ, "MAIL_CONFIG": str(folder.etc)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(octets(*MESSAGE[:3]))
        process.stdin.flush()
        assert os.read(process.stdout.fileno(), 1000)
        assert len(list((folder.queue / "maildrop").iterdir())) == 1
        process.send_signal(number)
        assert process.wait(30) == 1
    assert list((folder.queue / "maildrop").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-z"], ["postdrop: invalid option -- 'z'", "postdrop: fatal: usage: postdrop [-c config_dir] [-v]"]),
        (["x"], ["postdrop: fatal: usage: postdrop [-c config_dir] [-v]"]),
        (["-c", "/none"], ["postdrop: fatal: open /none/main.cf: No such file or directory"]),
    ],
)
def test_a_wrong_command_line_is_fatal(folder: QueueFolder, arguments: list[str], said: list[str]) -> None:
    done = folder.run("postdrop", *arguments)
    assert (done.returncode, folder.said(done)) == (1, said)
