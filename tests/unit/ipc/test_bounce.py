"""Requests to bounce, defer and trace: captured octets, and clients that never raise."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from pymail.ipc import bounce
from pymail.proto import attr
from tests.support.golden_ipc import Exchange, exchanges
from tests.support.stub_service import stub_service

CAPTURED = [
    exchange
    for service in ("bounce", "defer", "trace")
    for exchange in exchanges(service)
    if exchange.sent_by("client").startswith(b"nrequest\0")
]


def decode(octets: bytes) -> bounce.Request:
    reader = attr.ListReader()
    reader.feed(octets)
    fields = reader.next_list()
    assert fields is not None
    return bounce.decode_request(fields)


def test_there_are_captures() -> None:
    assert len(CAPTURED) > 20


@pytest.mark.parametrize("exchange", CAPTURED, ids=lambda exchange: f"{exchange.service}-{exchange.case}")
def test_a_captured_request_survives(exchange: Exchange) -> None:
    assert decode(exchange.sent_by("client")).encode() == exchange.sent_by("client")


def test_one_and_verp_survive() -> None:
    append = next(decode(e.sent_by("client")) for e in CAPTURED if b"nrequest\x000" in e.sent_by("client"))
    assert isinstance(append, bounce.Append)
    report = bounce.Report(bounce.RequestKind.ONE, 1, "incoming", "ABC", "8bit", 0, "a@b", "env", 2)
    one = bounce.One(report, append.recipient, append.dsn)
    assert decode(one.encode()) == one
    verp = bounce.Report(bounce.RequestKind.VERP, 1, "active", "ABC", "", 0, "a@b", "", 0, "+=")
    assert decode(verp.encode()) == verp


@pytest.mark.parametrize("fields", [[], [b"nrequest", b"9"], [b"nrequest", b"x"], [b"flags", b"0"]])
def test_nonsense_is_an_attr_error(fields: list[bytes]) -> None:
    with pytest.raises(attr.AttrError):
        bounce.decode_request(fields)


@pytest.mark.parametrize(("status", "done"), [(0, True), (-1, False)])
def test_the_reply_decides(tmp_path: Path, status: int, done: bool) -> None:
    def serve(client: socket.socket) -> None:
        client.sendall(attr.announcement(bounce.PROTOCOL))
        client.recv(4096)
        client.sendall(bounce.encode_status(status))

    request = decode(CAPTURED[0].sent_by("client"))

    async def ask() -> bool:
        return await bounce.BounceClient(5, str(tmp_path)).ask("bounce", request)

    with stub_service(tmp_path / "bounce", serve):
        assert bounce.BlockingBounceClient(5, str(tmp_path)).ask("bounce", request) is done
        assert asyncio.run(ask()) is done


def test_a_service_that_is_away_is_false(tmp_path: Path) -> None:
    request = decode(CAPTURED[0].sent_by("client"))

    async def ask() -> bool:
        return await bounce.BounceClient(5, str(tmp_path)).ask("bounce", request)

    assert bounce.BlockingBounceClient(5, str(tmp_path)).ask("bounce", request) is False
    assert asyncio.run(ask()) is False
