"""Connections on the loop: requests, lost and silent servers, pooled connections."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from pymail.ipc.channel import Channel, Pool
from pymail.ipc.errors import ServiceError
from pymail.proto import attr
from tests.support.stub_service import stub_service
from tests.unit.ipc.test_blocking import HELLO, echo_requests


def test_a_pool_uses_one_connection_for_requests_in_turn(tmp_path: Path) -> None:
    connections = []

    def serve(client: socket.socket) -> None:
        connections.append(client)
        echo_requests(client)

    async def ask(path: str) -> list[list[bytes]]:
        pool = Pool(path, "test_protocol", 5)
        replies = [await pool.request(attr.encode("n", n)) for n in range(3)]
        pool.close()
        return replies

    with stub_service(tmp_path / "s", serve) as path:
        assert asyncio.run(ask(path)) == [[b"n", b"0"], [b"n", b"1"], [b"n", b"2"]]
    assert len(connections) == 1


def test_a_pool_asks_again_when_the_server_hung_up(tmp_path: Path) -> None:
    def serve(client: socket.socket) -> None:
        client.sendall(HELLO)
        client.sendall(client.recv(4096))

    async def ask(path: str) -> list[list[bytes]]:
        pool = Pool(path, "test_protocol", 5)
        return [await pool.request(attr.encode("n", n)) for n in range(3)]

    with stub_service(tmp_path / "s", serve) as path:
        assert asyncio.run(ask(path)) == [[b"n", b"0"], [b"n", b"1"], [b"n", b"2"]]


def test_no_server_is_a_service_error(tmp_path: Path) -> None:
    async def ask() -> None:
        await Pool(str(tmp_path / "none"), "test_protocol", 5, tries=1).request(b"\0")

    with pytest.raises(ServiceError):
        asyncio.run(ask())


def test_a_silent_server_is_a_service_error(tmp_path: Path) -> None:
    async def ask(path: str) -> None:
        channel = await Channel.open(path)
        try:
            await channel.receive(0.05)
        finally:
            channel.close()

    with stub_service(tmp_path / "s", lambda client: client.recv(1) and None) as path, pytest.raises(ServiceError):
        asyncio.run(ask(path))


def test_a_lost_connection_fails_the_reader_and_the_writer(tmp_path: Path) -> None:
    async def ask(path: str) -> str:
        channel = await Channel.open(path)
        with pytest.raises(ServiceError):
            await channel.receive(5)
        with pytest.raises(ServiceError):
            channel.send(b"x")
        return "both"

    with stub_service(tmp_path / "s", lambda client: None) as path:
        assert asyncio.run(ask(path)) == "both"
