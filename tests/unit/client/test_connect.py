"""Connections and the words for why there is none."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from pymail.client.connect import ConnectError, ConnectOptions, connect
from pymail.client.peer import Peer
from tests.support.smtp_peer import SmtpPeer


async def open_socket(peer: Peer, options: ConnectOptions) -> socket.socket:
    """The socket of a connection that is made."""
    made: asyncio.Future[asyncio.BaseTransport] = asyncio.get_running_loop().create_future()

    class Client(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            made.set_result(transport)

    await connect(peer, options, Client)
    sock: socket.socket = (await made).get_extra_info("socket")
    return sock


def test_a_listening_server_is_reached() -> None:
    async def run() -> None:
        async with SmtpPeer() as peer:
            sock = await open_socket(Peer("h", "127.0.0.1", peer.port), ConnectOptions())
            assert sock.getpeername() == ("127.0.0.1", peer.port)

    asyncio.run(run())


def test_the_source_address_can_be_chosen() -> None:
    async def run() -> None:
        async with SmtpPeer() as peer:
            options = ConnectOptions(bind_address="127.0.0.9")
            sock = await open_socket(Peer("h", "127.0.0.1", peer.port), options)
            assert sock.getsockname()[0] == "127.0.0.9"

    asyncio.run(run())


def test_a_bad_source_address_counts_only_when_enforced() -> None:
    async def run() -> None:
        async with SmtpPeer() as peer:
            target = Peer("h", "127.0.0.1", peer.port)
            await open_socket(target, ConnectOptions(bind_address="192.0.2.1"))
            with pytest.raises(ConnectError, match=r"bind 192\.0\.2\.1"):
                await open_socket(target, ConnectOptions(bind_address="192.0.2.1", bind_enforce=True))

    asyncio.run(run())


def test_nobody_listens() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        with pytest.raises(ConnectError, match="^Connection refused$"):
            asyncio.run(open_socket(Peer("h", "127.0.0.1", port), ConnectOptions()))


def test_a_connect_that_hangs_times_out() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        fillers = []
        for _ in range(4):  # the queue of the listener is full after the first ones
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
            fillers.append(filler)
        with pytest.raises(ConnectError, match="^Connection timed out$"):
            asyncio.run(open_socket(Peer("h", "127.0.0.1", port), ConnectOptions(timeout=0.05)))
        for filler in fillers:
            filler.close()


def test_a_unix_socket_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConnectError, match="^No such file or directory$"):
        asyncio.run(open_socket(Peer("h", str(tmp_path / "none"), 0), ConnectOptions()))


def test_a_path_that_is_too_long_is_an_error_too() -> None:
    with pytest.raises(ConnectError, match="too long"):
        asyncio.run(open_socket(Peer("h", "/x" * 100, 0), ConnectOptions()))
