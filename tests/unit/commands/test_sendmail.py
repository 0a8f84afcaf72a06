"""sendmail, as programs call it. The same command lines run beside Postfix's in tests/interop."""

from __future__ import annotations

import getpass
import os
import pwd
from pathlib import Path

import pytest

from tests.support.command_line import QueueFolder

ME = getpass.getuser()
WHO = f"{ME}({os.getuid()})"
Records = list[tuple[str, bytes]]


@pytest.fixture
def folder(tmp_path: Path) -> QueueFolder:
    return QueueFolder(tmp_path)


def send(folder: QueueFolder, *arguments: str, stdin: bytes = b"x\n", **environ: str) -> Records:
    """Submit a message; return its records."""
    done = folder.run("sendmail", *arguments, stdin=stdin, **environ)
    assert (done.returncode, folder.said(done)) == (0, [])
    (records,) = folder.submitted()
    return records


def test_a_message_is_written_as_records(folder: QueueFolder) -> None:
    records = send(folder, "-f", "a@b", "-F", "Joe", "c", "d@e", stdin=b"Subject: x\r\n\r\nbody\r\n")
    assert records == [
        ("A", b"rewrite_context=local"), ("F", b"Joe"), ("S", b"a@b"), ("R", b"c"), ("R", b"d@e"), ("M", b""),
        ("N", b"Subject: x"), ("N", b""), ("N", b"body"), ("X", b""), ("E", b""),
    ]  # fmt: skip


def test_all_envelope_options_have_their_place(folder: QueueFolder) -> None:
    options = ["-V", "id", "-Rhdrs", "-Nsuccess", "-B8BITMIME", "-v", "-XV", "-G", "-fa@b", "-FJ"]
    records = send(folder, *options, "c")
    assert records[:10] == [
        ("A", b"envelope_id=id"), ("A", b"ret_flags=2"), ("A", b"rewrite_context=remote"), ("F", b"J"), ("S", b"a@b"),
        ("A", b"encoding=8bit"), ("A", b"trace_flags=1024"), ("V", b"+="), ("A", b"notify_flags=2"), ("R", b"c"),
    ]  # fmt: skip


def test_sender_and_name_are_those_of_the_user(folder: QueueFolder) -> None:
    records = dict(send(folder, "c"))
    assert records["S"] == ME.encode()
    assert records["F"].decode() == pwd.getpwuid(os.getuid()).pw_gecos.partition(",")[0]
    for path in (folder.queue / "maildrop").iterdir():
        path.unlink()
    assert dict(send(folder, "c", NAME="J\nD"))["F"] == b"J D"


def test_recipients_of_the_header_stand_behind_the_content(folder: QueueFolder) -> None:
    records = send(folder, "-t", "-Nnever", "c", stdin=b"To: a\nBcc: b\n\nx\n")
    assert [data for letter, data in records if letter == "N"] == [b"To: a", b"Bcc: b", b"", b"x"]
    place = records.index(("X", b""))
    behind = [("A", b"notify_flags=1"), ("R", b"a"), ("A", b"notify_flags=1"), ("R", b"b"), ("E", b"")]
    assert records[place + 1 :] == behind
    assert records[place - 7 : place - 4] == [("A", b"notify_flags=1"), ("R", b"c"), ("M", b"")]


def test_a_probe_has_a_message_of_its_own(folder: QueueFolder) -> None:
    done = folder.run("sendmail", "-bv", "-f", "a@b", "c", "d", stdin=b"not read\n")
    assert done.stdout == b"Mail Delivery Status Report will be mailed to <a@b>.\n"
    (records,) = folder.submitted()
    assert ("A", b"trace_flags=512") in records
    text = [data for letter, data in records if letter in "NL"]
    assert text == [b"From: a@b", b"Subject: probe", b"To:", b"\tc,", b"\td"]


@pytest.mark.parametrize(
    ("arguments", "stdin", "text"),
    [
        ([], b"", f"{WHO}: Recipient addresses must be specified on the command line or via the -t option"),
        (["-t"], b"Subject: x\n\n", f"{WHO}: No recipient addresses found in message header"),
        (["-t"], b"Resent-To:\nTo: a\n", f"{WHO}: No recipient addresses found in message header"),
        (["-f", "a@b", "-t"], b"", f"a@b({os.getuid()}): No recipient addresses found in message header"),
        (["-XV", "-f", "", "x"], b"", f"({os.getuid()}): -V option requires non-null sender address"),
        (["-bi", "x"], b"", "alias initialization mode requires no recipient"),
        (["-q", "x"], b"", "flush queue mode requires no recipient"),
        (["-qRa", "x"], b"", "flush site requires no recipient"),
        (["-C", "/none", "x"], b"", "open /none/main.cf: No such file or directory"),
        (["x" * 2100], b"", f"{WHO}: queue file write error"),
    ],
)
def test_what_goes_wrong_is_told_and_leaves_nothing(
    folder: QueueFolder, arguments: list[str], stdin: bytes, text: str
) -> None:
    done = folder.run("sendmail", *arguments, stdin=stdin)
    assert (done.returncode, folder.said(done)) == (75, [f"sendmail: fatal: {text}"])
    assert folder.submitted() == []
    if "/none" not in arguments:
        assert text in folder.log.read_text()


def test_a_message_over_the_limit_leaves_nothing(folder: QueueFolder) -> None:
    folder.configure(message_size_limit="1000")
    done = folder.run("sendmail", "x", stdin=b"line\n" * 50_000)
    said = [f"sendmail: warning: uid={os.getuid()}: File too large", f"sendmail: fatal: {WHO}: message file too big"]
    assert (done.returncode, folder.said(done)) == (75, said)
    assert list((folder.queue / "maildrop").iterdir()) == []


def test_users_can_be_kept_out(folder: QueueFolder) -> None:
    folder.configure(authorized_submit_users="!static:all")
    done = folder.run("sendmail", "x")
    assert folder.said(done) == [f"sendmail: fatal: User {WHO} is not allowed to submit mail"]


def test_senders_can_be_kept_out(folder: QueueFolder) -> None:
    folder.configure(local_login_sender_maps="static:@here")
    assert dict(send(folder, "-f", "a@here", "x"))["S"] == b"a@here"
    done = folder.run("sendmail", "-f", "a@there", "x")
    assert folder.said(done) == [
        f"sendmail: fatal: a@there({os.getuid()}): not authorized to use sender='a@there'"
    ]  # fmt: skip


def test_a_configuration_is_named_by_file_or_folder(folder: QueueFolder) -> None:
    send(folder, "-C", str(folder.etc / "main.cf"), "x", MAIL_CONFIG="/nonexistent")


@pytest.mark.parametrize("option", ["-bh", "-bH", "-q30m"])
def test_some_modes_do_nothing(folder: QueueFolder, option: str) -> None:
    done = folder.run("sendmail", option)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_the_queue_is_listed_by_postqueue(folder: QueueFolder) -> None:
    assert folder.run("sendmail", "-bp").stdout == b"Mail queue is empty\n"


def test_flushing_needs_the_mail_system(folder: QueueFolder) -> None:
    done = folder.run("sendmail", "-q")
    assert (done.returncode, folder.said(done)[-1]) == (
        69,
        "postqueue: fatal: Cannot flush mail queue - mail system is down",
    )
