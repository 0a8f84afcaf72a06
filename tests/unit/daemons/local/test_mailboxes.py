"""Which mailbox a user has."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from pymail.daemons.local.mailboxes import Mailboxes
from pymail.delivery.copying import TopLines
from pymail.delivery.mbox import MboxPolicy
from pymail.unix.locks import Retry
from pymail.unix.users import User
from tests.support.queue_files import write_queue_file
from tests.unit.delivery.test_report import request


@pytest.mark.parametrize(
    ("spool", "home_mailbox", "reason", "found"),
    [
        pytest.param("spool", "", "delivered to mailbox", "spool/me", id="spool"),
        pytest.param("spool/", "", "delivered to maildir", "spool/me/new/*", id="spool-maildir"),
        pytest.param("spool", "Mailbox", "delivered to mailbox", "home/Mailbox", id="home"),
        pytest.param("spool", "Maildir/", "delivered to maildir", "home/Maildir/new/*", id="home-maildir"),
    ],
)
def test_where_mail_goes(tmp_path: Path, spool: str, home_mailbox: str, reason: str, found: str) -> None:
    for name in ("spool", "home"):
        (tmp_path / name).mkdir()
    offset, _ = write_queue_file(tmp_path / "f", [b"Subject: x", b"", b"hi"], [])
    boxes = Mailboxes(f"{tmp_path}/{spool}", home_mailbox, MboxPolicy(("fcntl",), Retry(1, 0, 500)), "mx.test")
    fd = os.open(tmp_path / "f", os.O_RDONLY)
    user = User("me", os.getuid(), os.getgid(), str(tmp_path / "home"))
    dsn = boxes.deliver(fd, replace(request(), offset=offset), TopLines("s@x", "", "me@x"), user)
    os.close(fd)
    assert (dsn.status, dsn.reason) == ("2.0.0", reason)
    assert b"Delivered-To: me@x\nSubject: x\n\nhi\n" in next(tmp_path.glob(found)).read_bytes()
    assert boxes.kind() == reason.rpartition(" ")[2]


def test_a_spool_that_is_not_there_defers(tmp_path: Path) -> None:
    offset, _ = write_queue_file(tmp_path / "f", [b""], [])
    boxes = Mailboxes(f"{tmp_path}/none", "", MboxPolicy(("fcntl",), Retry(1, 0, 500)), "mx.test")
    fd = os.open(tmp_path / "f", os.O_RDONLY)
    dsn = boxes.deliver(
        fd, replace(request(), offset=offset), TopLines("", "", "x"), User("me", os.getuid(), os.getgid())
    )
    os.close(fd)
    assert dsn.status == "4.2.0"
    assert dsn.reason.startswith(f"cannot update mailbox {tmp_path}/none/me for user me. ")
