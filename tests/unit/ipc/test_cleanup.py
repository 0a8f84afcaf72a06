"""The contract of cleanup: verdicts, their replies, and both clients."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from pymail.ipc import cleanup
from pymail.ipc.cleanup import CleanupStatus as Status
from pymail.ipc.errors import ServiceError
from pymail.proto import attr
from tests.support.stub_service import stub_service


@pytest.mark.parametrize(
    ("status", "code", "dsn"),
    [
        pytest.param(Status.SIZE, 552, "5.3.4", id="size"),
        pytest.param(Status.WRITE, 451, "4.3.0", id="write"),
        pytest.param(Status.WRITE | Status.SIZE, 552, "5.3.4", id="size-before-write"),
        pytest.param(Status.HOPS | Status.DEFER, 451, "4.7.1", id="defer-first"),
        pytest.param(1 << 20, 451, "4.3.0", id="unknown"),
    ],
)
def test_the_most_important_bit_answers(status: int, code: int, dsn: str) -> None:
    reply = cleanup.reply_for(status)
    assert (reply.code, reply.dsn) == (code, dsn)


def accept(client: socket.socket) -> None:
    client.sendall(attr.announcement(cleanup.PROTOCOL, "queue_id", "ABC1"))
    data = b""
    while not data.endswith(b"E\0"):
        data += client.recv(4096)
    assert data.startswith(b"flags\x00178\0\0")
    client.sendall(cleanup.encode_result(0, ""))


def test_both_clients_hand_over_a_message(tmp_path: Path) -> None:
    async def submit(path: str) -> tuple[str, bool]:
        client = await cleanup.CleanupClient.open(178, path, 5)
        client.send(b"M\0X\0E\0")
        return client.queue_id, (await client.finish()).accepted

    with stub_service(tmp_path / "cleanup", accept) as path:
        assert asyncio.run(submit(path)) == ("ABC1", True)
        blocking = cleanup.BlockingCleanup(178, path, 5)
        blocking.send(b"M\0X\0E\0")
        assert blocking.finish() == cleanup.CleanupResult(0, "")


def test_a_server_that_dies_is_no_verdict(tmp_path: Path) -> None:
    def die(client: socket.socket) -> None:
        client.sendall(attr.announcement(cleanup.PROTOCOL, "queue_id", "ABC1"))
        client.recv(4096)

    with stub_service(tmp_path / "cleanup", die) as path:
        client = cleanup.BlockingCleanup(0, path, 5)
        with pytest.raises(ServiceError):
            client.finish()


@pytest.mark.parametrize("fields", [[], [b"status", b"x", b"reason", b""], [b"status", b"0"]])
def test_a_malformed_verdict_is_a_service_error(fields: list[bytes]) -> None:
    with pytest.raises(ServiceError):
        cleanup.decode_result(fields)
