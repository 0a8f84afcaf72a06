"""Readers of short-lived sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

from pymail.daemons.qmgr.readers import Readers

Pair = tuple[socket.socket, socket.socket]


def run(scenario: Callable[[Readers], Awaitable[None]]) -> None:
    async def body() -> None:
        await scenario(Readers())

    asyncio.run(body())


async def turn() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


def test_a_socket_is_called_for_what_it_receives_and_for_the_end() -> None:
    seen: list[bytes] = []

    async def scenario(readers: Readers) -> None:
        ours, theirs = socket.socketpair()
        readers.add(ours.fileno(), lambda: seen.append(ours.recv(10)))
        await turn()
        theirs.send(b"one")
        await turn()
        theirs.close()
        await turn()
        readers.forget(ours.fileno())
        ours.close()

    run(scenario)
    assert seen[:2] == [b"one", b""]


def test_a_socket_that_another_one_closed_is_not_called() -> None:
    seen: list[str] = []

    async def scenario(readers: Readers) -> None:
        pairs = [socket.socketpair() for _ in range(2)]

        def close_all(name: str) -> None:
            seen.append(name)
            for ours, _ in pairs:
                readers.forget(ours.fileno())
                ours.close()

        for number, (ours, theirs) in enumerate(pairs):
            readers.add(ours.fileno(), lambda name=str(number): close_all(name))  # type: ignore[misc]  # bound now
            theirs.send(b"x")
        await turn()
        for _, theirs in pairs:
            theirs.close()

    run(scenario)
    assert len(seen) == 1


def test_a_number_that_is_used_again_belongs_to_the_new_socket() -> None:
    seen: list[str] = []

    async def scenario(readers: Readers) -> None:
        ours, theirs = socket.socketpair()
        number = ours.fileno()
        readers.add(number, lambda: seen.append("old"))
        readers.forget(number)
        ours.close()
        theirs.close()
        ours, theirs = socket.socketpair()
        assert ours.fileno() == number
        readers.add(number, lambda: seen.append(f"new {ours.recv(10).decode()}"))
        theirs.send(b"x")
        await turn()
        ours.close()
        theirs.close()

    run(scenario)
    assert seen == ["new x"]
