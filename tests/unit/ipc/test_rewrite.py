"""The contract of trivial-rewrite: captured octets, and the cache."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from pymail.ipc import rewrite
from pymail.ipc.errors import ServiceError
from pymail.proto import attr
from tests.support.golden_ipc import Exchange, exchanges
from tests.support.stub_service import stub_service

CAPTURED = [exchange for exchange in exchanges("rewrite") if exchange.sent_by("client").startswith(b"request\0")]
RESOLVES = [exchange for exchange in CAPTURED if exchange.sent_by("client").startswith(b"request\0resolve\0")]


def one_list(octets: bytes) -> list[bytes]:
    reader = attr.ListReader()
    reader.feed(octets)
    fields = reader.next_list()
    assert fields is not None
    if fields[0] == b"protocol":
        fields = reader.next_list()
        assert fields is not None
    return fields


def test_there_are_captures() -> None:
    assert RESOLVES
    assert len(CAPTURED) > len(RESOLVES)


@pytest.mark.parametrize("exchange", CAPTURED, ids=lambda exchange: exchange.case)
def test_a_captured_request_survives(exchange: Exchange) -> None:
    match rewrite.decode_request(one_list(exchange.sent_by("client"))):
        case rewrite.RewriteRequest(rule, address):
            assert rewrite.encode_rewrite(rule, address) == exchange.sent_by("client")
        case rewrite.ResolveRequest(kind, sender, address):
            assert rewrite.encode_resolve(kind, sender, address) == exchange.sent_by("client")


@pytest.mark.parametrize("exchange", RESOLVES, ids=lambda exchange: exchange.case)
def test_a_captured_reply_survives(exchange: Exchange) -> None:
    reply = rewrite.decode_resolve_reply(one_list(exchange.sent_by("server")), "x")
    assert exchange.sent_by("server").endswith(rewrite.encode_resolve_reply(reply))


def test_an_empty_transport_is_a_failed_request() -> None:
    reply = rewrite.encode_resolve_reply(rewrite.ResolveReply("", "", "a@b", 0))
    with pytest.raises(ServiceError):
        rewrite.decode_resolve_reply(one_list(reply), "a@b")


@pytest.mark.parametrize(("flags", "asked"), [(rewrite.ResolveFlag.CLASS_LOCAL, 1), (rewrite.ResolveFlag.FAIL, 2)])
def test_answers_are_remembered_but_not_failures(tmp_path: Path, flags: int, asked: int) -> None:
    requests: list[bytes] = []

    def serve(client: socket.socket) -> None:
        client.sendall(attr.announcement(rewrite.PROTOCOL))
        while data := client.recv(4096):
            requests.append(data)
            client.sendall(rewrite.encode_resolve_reply(rewrite.ResolveReply("local", "x", "a@x", flags)))

    async def ask(path: str) -> None:
        client = rewrite.RewriteClient(path, 5, clock=lambda: 0.0)
        first = await client.resolve("", "a@x")
        assert await client.resolve("", "a@x") == first
        client.close()

    with stub_service(tmp_path / "rewrite", serve) as path:
        asyncio.run(ask(path))
    assert len(requests) == asked


def test_an_answer_grows_old(tmp_path: Path) -> None:
    now = [0.0]

    def serve(client: socket.socket) -> None:
        client.sendall(attr.announcement(rewrite.PROTOCOL))
        while client.recv(4096):
            client.sendall(rewrite.encode_resolve_reply(rewrite.ResolveReply("local", "x", "a@x", 256)))

    async def ask(path: str) -> None:
        client = rewrite.RewriteClient(path, 5, clock=lambda: now[0])
        await client.resolve("", "a@x")
        assert client.cached("", "a@x") is not None
        now[0] = rewrite.CACHE_TIME + 1
        assert client.cached("", "a@x") is None
        client.close()

    with stub_service(tmp_path / "rewrite", serve) as path:
        asyncio.run(ask(path))


def test_the_blocking_client_rewrites(tmp_path: Path) -> None:
    def serve(client: socket.socket) -> None:
        client.sendall(attr.announcement(rewrite.PROTOCOL))
        client.recv(4096)
        client.sendall(rewrite.encode_rewrite_reply("joe@x.test"))

    with stub_service(tmp_path / "rewrite", serve) as path:
        assert rewrite.BlockingRewriteClient(path, 5).rewrite("local", "joe") == "joe@x.test"
