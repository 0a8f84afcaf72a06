from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import pytest
import uvloop

from pymail.server.acceptor import Acceptor
from pymail.server.session import Session


class Counting:
    """Makes sessions, and stops the acceptor at a number of them, as a worker does."""

    def __init__(self, loop: asyncio.AbstractEventLoop, limit: int) -> None:
        self.made = 0
        self._loop = loop
        self._limit = limit
        self.stop: Callable[[], None] = lambda: None

    def __call__(self) -> Session:
        self.made += 1
        if self.made == self._limit:
            self._loop.call_soon(self.stop)
        return Session()


def clients(listener: socket.socket, count: int) -> list[socket.socket]:
    made = []
    for _ in range(count):
        client = socket.socket(listener.family)
        client.connect(listener.getsockname())
        made.append(client)
    return made


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_UNIX], ids=["inet", "unix"])
def test_it_takes_no_more_than_the_limit_and_goes_on_later(
    family: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    listener = socket.socket(family)
    listener.bind(("127.0.0.1", 0) if family == socket.AF_INET else str(tmp_path_factory.mktemp("s") / "s"))
    listener.listen(50)
    listener.setblocking(False)
    waiting = clients(listener, 20)
    loop = uvloop.new_event_loop()
    counting = Counting(loop, 3)
    acceptor = Acceptor(loop, listener, counting, 50)
    counting.stop = acceptor.stop

    async def turn() -> None:
        for _ in range(200):
            await asyncio.sleep(0)

    acceptor.start()
    assert acceptor.is_alive()
    loop.run_until_complete(turn())
    assert counting.made == 3
    assert not acceptor.is_alive()
    acceptor.start()
    loop.run_until_complete(turn())
    assert counting.made == 20
    acceptor.close()
    assert listener.fileno() == -1
    loop.run_until_complete(turn())
    loop.close()
    for client in waiting:
        client.close()
