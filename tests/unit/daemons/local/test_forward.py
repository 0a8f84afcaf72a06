"""Forwarded mail: the captured envelope, the content once more."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from pymail.daemons.local.forward import Forwarder
from pymail.ipc import cleanup
from pymail.ipc.delivery import ClientInfo, MsgStats
from pymail.mail.envelope import Recipient
from pymail.proto import attr
from tests.support.queue_files import write_queue_file
from tests.support.stub_service import stub_service
from tests.unit.delivery.test_report import request

CLIENT = ClientInfo("localhost", "127.0.0.1", "", "ESMTP", "client.test", log_ident="7AA51540284")
MAN = Recipient("0@exam.test", "man@local.test", 0, "rfc822;man@local.test")


def forward(tmp_path: Path, status: int | None) -> tuple[str | None, bytes]:
    seen: list[bytes] = []

    def serve(client: socket.socket) -> None:
        client.sendall(attr.announcement(cleanup.PROTOCOL, "queue_id", "A427B540285"))
        if status is None:
            return
        data = b""
        while not data.endswith(b"E\0"):
            data += client.recv(4096)
        seen.append(data)
        client.sendall(cleanup.encode_result(status, ""))

    offset, _ = write_queue_file(tmp_path / "f", [b"From: alice@sender.test", b"", b"Hello"], [])
    wanted = replace(request(), offset=offset, client=CLIENT, stats=MsgStats(1795241058.673281))
    fd = os.open(tmp_path / "f", os.O_RDONLY)
    with stub_service(tmp_path / "cleanup", serve) as path:
        forwarder = Forwarder(path, "mta.exam.test", "Postfix", 5, 2048, lambda epoch: (0, "UTC"))
        new_id = forwarder.send(fd, wanted, "alice@sender.test", [MAN], "man@local.test")
    os.close(fd)
    return new_id, b"".join(seen)


def test_the_records_are_the_captured_ones(tmp_path: Path) -> None:
    new_id, records = forward(tmp_path, 0)
    assert new_id == "A427B540285"
    assert records == (
        b"flags\x0033\0\0T\x111795241058 673281S\x11alice@sender.testA\x19log_client_name=localhost"
        b"A\x1clog_client_address=127.0.0.1A\x17log_protocol_name=ESMTPA\x19log_helo_name=client.test"
        b"A\x15log_ident=7AA51540284A\x15rewrite_context=localA#dsn_orig_rcpt=rfc822;man@local.test"
        b"O\x0eman@local.testR\x0b0@exam.testM\0N$Received: by mta.exam.test (Postfix)"
        b"N6\tid A427B540285; Sat, 21 Nov 2026 06:04:18 +0000 (UTC)N\x1cDelivered-To: man@local.test"
        b"N\x17From: alice@sender.testN\0N\x05HelloX\0E\0"
    )


@pytest.mark.parametrize("status", [cleanup.CleanupStatus.WRITE, None])
def test_what_cleanup_does_not_take_is_not_forwarded(tmp_path: Path, status: int | None) -> None:
    assert forward(tmp_path, status)[0] is None
