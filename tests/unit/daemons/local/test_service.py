"""A request from the queue manager to a mailbox, over a socket."""

from __future__ import annotations

import os
import pwd
import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from pymail.daemons.local.service import LocalDaemon
from pymail.delivery.agent import ANNOUNCEMENT
from pymail.ipc.delivery import FinalStatus, encode_request
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from pymail.mail.envelope import Recipient
from pymail.server.invocation import Invocation
from tests.support.configuration import configuration
from tests.support.queue_files import write_queue_file
from tests.unit.delivery.test_report import request

ME = pwd.getpwuid(os.getuid()).pw_name


def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, damaged: bool = False) -> tuple[bytes, list[str]]:
    for name in ("active", "mail"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "active/ABC1"
    offset, offsets = write_queue_file(path, [b"Subject: x", b"", b"hi"], [f"{ME}@mx.test"])
    if damaged:
        path.write_bytes(path.read_bytes()[: offset + 5])
    sink = MemorySink()
    log = Log("postfix/local", sink)
    daemon = LocalDaemon()
    conf = configuration({"mail_spool_directory": str(tmp_path / "mail"), "alias_maps": "inline:{ x=y }"})
    daemon.before_jail(Invocation("local", "local", "unix", conf, log))
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=daemon.serve, args=(ours,))
    thread.start()
    wanted = replace(request(), offset=offset, recipients=(Recipient(f"{ME}@mx.test", "", offsets[0]),))
    theirs.sendall(encode_request(wanted))
    theirs.settimeout(10)
    answer = b""
    while not answer.endswith(b"\0\0") or len(answer) < len(ANNOUNCEMENT) + 70:
        answer += theirs.recv(4096)
    theirs.close()
    thread.join(10)
    ours.close()
    log.flush()
    return answer, [text for _, text in sink.lines]


def test_the_mail_arrives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer, lines = run(tmp_path, monkeypatch)
    assert answer == ANNOUNCEMENT + FinalStatus(again=False).encode()
    assert "relay=local" in lines[-1]
    assert lines[-1].endswith("dsn=2.0.0, status=sent (delivered to mailbox)")
    assert (tmp_path / "mail" / ME).exists()


def test_a_damaged_file_is_marked_for_the_corrupt_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer, _ = run(tmp_path, monkeypatch, damaged=True)
    assert answer == ANNOUNCEMENT + FinalStatus(again=True).encode()
    assert (tmp_path / "active/ABC1").stat().st_mode & 0o777 == 0o400
