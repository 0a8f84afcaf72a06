"""A report goes through cleanup as a new message."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from pymail.daemons.bounce.post import Post
from pymail.ipc import cleanup
from pymail.proto import attr
from tests.support.stub_service import stub_service


def post(path: str) -> Post:
    return Post(path, "mta.exam.test", "Postfix", 5, 2048, lambda epoch: (0, "UTC"))


@pytest.mark.parametrize(("status", "queue_id"), [(0, "4C65D540212"), (cleanup.CleanupStatus.WRITE, None)])
def test_the_records_are_the_captured_ones(tmp_path: Path, status: int, queue_id: str | None) -> None:
    seen: list[bytes] = []

    def serve(client: socket.socket) -> None:
        client.sendall(attr.announcement(cleanup.PROTOCOL, "queue_id", "4C65D540212"))
        data = b""
        while not data.endswith(b"E\0"):
            data += client.recv(4096)
        seen.append(data)
        client.sendall(cleanup.encode_result(status, ""))

    with stub_service(tmp_path / "cleanup", serve) as path:
        sent = asyncio.run(post(path).send("", "alice@sender.test", [b"From: x", b"", b"y"], 1795241030.311429))
    assert sent == queue_id
    captured = (
        b"flags\x0032\0\0T\x111795241030 311429A\x18log_message_origin=localA\x0dtrace_flags=0S\0R\x11alice@sender.test"
        b"M\0N$Received: by mta.exam.test (Postfix)N6\tid 4C65D540212; Sat, 21 Nov 2026 06:03:50 +0000 (UTC)"
        b"N+Date: Sat, 21 Nov 2026 06:03:50 +0000 (UTC)"
    )
    assert seen[0].startswith(captured)


def test_no_cleanup_is_no_report(tmp_path: Path) -> None:
    assert asyncio.run(post(str(tmp_path / "none")).send("", "a@b", [], 0.0)) is None
