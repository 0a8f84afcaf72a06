from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
import uvloop

from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from pymail.proto.attr import encode
from pymail.server.passing import PassAcceptor, receive_descriptor, send_descriptor
from pymail.server.session import Session


class Passed(Session):
    """Says hello, and remembers what came with the connection."""

    def __init__(self) -> None:
        super().__init__()
        self.attributes: list[bytes] = []

    def handed_over(self, attributes: list[bytes]) -> None:
        self.attributes = attributes

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.write(b"hello")


def test_a_descriptor_travels_with_one_octet() -> None:
    left, right = socket.socketpair()
    one, other = socket.socketpair()
    send_descriptor(left, one.fileno())
    received = receive_descriptor(right)
    received.sendall(b"through")
    assert other.recv(100) == b"through"


def test_an_octet_without_a_descriptor_is_an_error() -> None:
    left, right = socket.socketpair()
    left.sendall(b"\0")
    with pytest.raises(ConnectionError):
        receive_descriptor(right)


async def _turns(loop: asyncio.AbstractEventLoop, count: int = 300) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.mark.parametrize("cut", [0, 1, 7], ids=["at-once", "cut-after-one", "cut-in-the-middle"])
def test_a_passed_client_is_served_with_its_attributes(tmp_path: Path, cut: int) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "s"))
    listener.listen()
    listener.setblocking(False)
    sessions: list[Passed] = []

    def factory() -> Session:
        sessions.append(Passed())
        return sessions[-1]

    loop = uvloop.new_event_loop()
    acceptor = PassAcceptor(loop, listener, factory, Log("t", MemorySink()))
    acceptor.start()
    sender = socket.socket(socket.AF_UNIX)
    sender.connect(str(tmp_path / "s"))
    client, remote = socket.socketpair()
    send_descriptor(sender, remote.fileno())
    remote.close()
    request = encode("client_address", "192.0.2.7", "client_port", "4711")
    sender.sendall(request[:cut])
    loop.run_until_complete(_turns(loop))
    sender.sendall(request[cut:])
    loop.run_until_complete(_turns(loop))
    assert sessions[0].attributes == [b"client_address", b"192.0.2.7", b"client_port", b"4711"]
    assert client.recv(100) == b"hello"
    assert sender.recv(1) == b""  # the sender may go
    acceptor.close()
    loop.close()


def test_a_sender_that_hangs_up_early_is_reported(tmp_path: Path) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "s"))
    listener.listen()
    listener.setblocking(False)
    loop = uvloop.new_event_loop()
    sink = MemorySink()
    acceptor = PassAcceptor(loop, listener, Session, Log("t", sink))
    acceptor.start()
    sender = socket.socket(socket.AF_UNIX)
    sender.connect(str(tmp_path / "s"))
    one, _other = socket.socketpair()
    send_descriptor(sender, one.fileno())
    sender.close()
    loop.run_until_complete(_turns(loop))
    assert sink.lines == [("warning", "receive connection attributes: the sender hung up")]
    acceptor.close()
    loop.close()
