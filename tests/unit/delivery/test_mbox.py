"""Mailboxes: whole messages or none, under locks, within limits."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from pymail.delivery import mbox
from pymail.delivery.mbox import MailboxError, MboxPolicy
from pymail.unix.locks import Retry
from pymail.unix.users import User

ME = User("me", os.getuid(), os.getgid(), "/")


def policy(limit: int = 0, methods: tuple[str, ...] = ("fcntl", "dotlock")) -> MboxPolicy:
    return MboxPolicy(methods, Retry(1, 0.0, 500.0), limit)


def test_a_message_is_appended_with_an_empty_line(tmp_path: Path) -> None:
    path = tmp_path / "box"
    for text in (b"From a\n\none\n", b"From b\n\ntwo\n"):
        mbox.append(str(path), ME, [text], policy(), as_owner=True)
    assert path.read_bytes() == b"From a\n\none\n\nFrom b\n\ntwo\n\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "box.lock").exists()


def test_a_message_over_the_limit_leaves_the_mailbox_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes(b"old\n")
    with pytest.raises(MailboxError) as error:
        mbox.append(str(path), ME, [b"12345", b"67890"], policy(limit=10), as_owner=True)
    assert (error.value.status, error.value.text) == ("5.2.2", "error writing message: File too large")
    assert path.read_bytes() == b"old\n"


@pytest.mark.parametrize("method", ["dotlock", "flock"])
def test_a_lock_of_somebody_else_defers(tmp_path: Path, method: str) -> None:
    path = tmp_path / "box"
    path.write_bytes(b"")
    (tmp_path / "box.lock").write_bytes(b"")
    with path.open("rb+") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(MailboxError) as error:
            mbox.append(str(path), ME, [b"x"], policy(methods=(method,)), as_owner=True)
    assert error.value.status == "4.2.0"
    assert path.read_bytes() == b""


@pytest.mark.parametrize("kind", ["directory", "symlink", "hard-link"])
def test_what_is_no_mailbox_is_refused(tmp_path: Path, kind: str) -> None:
    path, other = tmp_path / "box", tmp_path / "other"
    other.write_bytes(b"secret")
    if kind == "directory":
        path.mkdir()
    elif kind == "symlink":
        path.symlink_to(other)
        tmp_path.chmod(0o777)
    else:
        path.hardlink_to(other)
    with pytest.raises(MailboxError) as error:
        mbox.append(str(path), ME, [b"x"], policy(), as_owner=True)
    assert error.value.status.startswith("4")
    assert other.read_bytes() == b"secret"


@pytest.mark.parametrize(
    ("sender", "shown"), [("a@b", b"From a@b "), ("", b"From MAILER-DAEMON "), ("a b\n@c", b"From a_b?@c ")]
)
def test_the_separator_is_one_line(sender: str, shown: bytes) -> None:
    line = mbox.separator(sender, 1795241030.0)
    assert line.startswith(shown)
    assert line.count(b"\n") == 1
