"""Maildirs: a message appears in new/ at once and whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pymail.delivery import maildir
from pymail.delivery.mbox import MailboxError
from pymail.unix.users import User

ME = User("me", os.getuid(), os.getgid(), "/")


def test_folders_are_made_and_nothing_stays_in_tmp(tmp_path: Path) -> None:
    path = tmp_path / "Maildir"
    names = {maildir.deliver(f"{path}/", ME, [b"one\n", b"two\n"], "mx.test") for _ in range(2)}
    assert {entry.name for entry in (path / "new").iterdir()} == names
    assert len(names) == 2
    assert all((path / "new" / name).read_bytes() == b"one\ntwo\n" for name in names)
    assert list((path / "tmp").iterdir()) == []
    assert path.stat().st_mode & 0o777 == 0o700


def test_what_cannot_be_written_is_deferred(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(MailboxError) as error:
        maildir.deliver(f"{tmp_path}/file/", ME, [b"x"], "mx.test")
    assert error.value.status.startswith("4")
    assert "maildir delivery failed" in error.value.text
