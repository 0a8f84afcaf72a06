"""Blocking connections: requests, lost servers, other protocols."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from pymail.ipc.blocking import BlockingChannel, BlockingClient
from pymail.ipc.errors import ServiceError
from pymail.proto import attr
from tests.support.stub_service import stub_service

HELLO = attr.announcement("test_protocol")


def echo_requests(client: socket.socket) -> None:
    client.sendall(HELLO)
    while data := client.recv(4096):
        client.sendall(data)


def test_requests_share_one_connection(tmp_path: Path) -> None:
    connections = []

    def serve(client: socket.socket) -> None:
        connections.append(client)
        echo_requests(client)

    with stub_service(tmp_path / "s", serve) as path:
        client = BlockingClient(path, "test_protocol", 5)
        assert client.request(attr.encode("n", 1)) == [b"n", b"1"]
        assert client.request(attr.encode("n", 2)) == [b"n", b"2"]
        client.close()
    assert len(connections) == 1


def test_a_server_that_hung_up_is_asked_again(tmp_path: Path) -> None:
    def serve(client: socket.socket) -> None:
        client.sendall(HELLO)
        client.sendall(client.recv(4096))

    with stub_service(tmp_path / "s", serve) as path:
        client = BlockingClient(path, "test_protocol", 5)
        assert [client.request(attr.encode("n", n)) for n in range(3)] == [[b"n", b"0"], [b"n", b"1"], [b"n", b"2"]]


def test_no_server_is_a_service_error(tmp_path: Path) -> None:
    with pytest.raises(ServiceError):
        BlockingClient(str(tmp_path / "none"), "test_protocol", 5, tries=1).request(b"\0")


def test_another_protocol_is_a_service_error(tmp_path: Path) -> None:
    with stub_service(tmp_path / "s", echo_requests) as path:
        channel = BlockingChannel(path, 5)
        with pytest.raises(ServiceError):
            channel.receive_announcement("other_protocol")
        channel.close()


def test_a_silent_server_is_a_service_error(tmp_path: Path) -> None:
    with stub_service(tmp_path / "s", lambda client: client.recv(1) and None) as path:
        channel = BlockingChannel(path, 0.05)
        with pytest.raises(ServiceError):
            channel.receive()
        channel.close()
