"""The contract of proxymap: captured octets and lookups."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from pymail.ipc import proxymap
from pymail.proto import attr
from tests.support.golden_ipc import Exchange, exchanges
from tests.support.stub_service import stub_service

CAPTURED = [
    exchange
    for service in ("proxymap", "proxywrite")
    for exchange in exchanges(service)
    if exchange.sent_by("client").startswith(b"request\0")
]


def one_list(octets: bytes) -> list[bytes]:
    reader = attr.ListReader()
    reader.feed(octets)
    fields = reader.next_list()
    assert fields is not None
    return fields


def test_there_are_captures() -> None:
    assert len(CAPTURED) > 10


@pytest.mark.parametrize("exchange", CAPTURED, ids=lambda exchange: f"{exchange.service}-{exchange.case}")
def test_a_captured_request_survives(exchange: Exchange) -> None:
    octets = exchange.sent_by("client")
    assert proxymap.encode_request(proxymap.decode_request(one_list(octets))) == octets


@pytest.mark.parametrize("fields", [[], [b"request", b"steal"], [b"request", b"lookup"]])
def test_nonsense_is_an_attr_error(fields: list[bytes]) -> None:
    with pytest.raises(attr.AttrError):
        proxymap.decode_request(fields)


def test_both_clients_look_up(tmp_path: Path) -> None:
    def serve(client: socket.socket) -> None:
        client.sendall(attr.announcement(proxymap.PROTOCOL))
        while data := client.recv(4096):
            request = proxymap.decode_request(one_list(data))
            status = proxymap.ProxyStatus.OK if request.key == "root" else proxymap.ProxyStatus.NO_KEY
            client.sendall(proxymap.encode_reply(request.name, proxymap.ProxyReply(status, 0, request.key)))

    async def ask(path: str) -> proxymap.ProxyReply:
        client = proxymap.ProxymapClient(path, 5)
        reply = await client.lookup("unix:passwd.byname", "root")
        client.close()
        return reply

    with stub_service(tmp_path / "proxymap", serve) as path:
        assert asyncio.run(ask(path)).value == "root"
        blocking = proxymap.BlockingProxymapClient(path, 5)
        assert blocking.lookup("unix:passwd.byname", "nobody2").status == proxymap.ProxyStatus.NO_KEY
