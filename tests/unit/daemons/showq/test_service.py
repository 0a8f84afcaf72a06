"""showq: one client and its listing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from pymail.daemons.showq.service import ShowqSession
from pymail.ipc import showq
from pymail.ipc.showq import ListedMessage
from pymail.proto import attr

START = attr.announcement(showq.PROTOCOL)


class FakeTransport(asyncio.Transport):
    """Keeps what is written; asks for a pause after some writes."""

    def __init__(self, pause_after: int = -1) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.closed = False
        self.session: ShowqSession | None = None
        self._pause_after = pause_after

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))
        if len(self.writes) == self._pause_after and self.session is not None:
            self.session.pause_writing()

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


def message(number: int) -> ListedMessage:
    return ListedMessage("active", f"A{number}", 1, 2, False, "s", [])


def make(count: int) -> Iterator[ListedMessage | None]:
    for number in range(count):
        yield None
        yield message(number)


def slow_clock() -> Callable[[], float]:
    """A clock that moves on by a second each time it is looked at: each slice has one entry."""
    now = iter(range(1_000_000))
    return lambda: float(next(now))


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def connect(session: ShowqSession, transport: FakeTransport) -> None:
    transport.session = session
    session.connection_made(transport)


def test_a_listing_begins_with_the_protocol_and_ends_with_an_empty_list() -> None:
    async def run() -> FakeTransport:
        transport = FakeTransport()
        connect(ShowqSession(make(2)), transport)
        await turns(3)
        return transport

    transport = asyncio.run(run())
    lists = b"".join(map(showq.encode_message, map(message, range(2))))
    assert b"".join(transport.writes) == START + lists + showq.END
    assert transport.closed


def test_an_empty_queue_is_an_empty_list() -> None:
    async def run() -> FakeTransport:
        transport = FakeTransport()
        connect(ShowqSession(make(0)), transport)
        await turns(2)
        return transport

    assert b"".join(asyncio.run(run()).writes) == START + showq.END


def test_a_long_listing_leaves_the_loop_free_between_slices() -> None:
    async def run() -> tuple[int, FakeTransport]:
        transport = FakeTransport()
        connect(ShowqSession(make(50), slow_clock()), transport)
        count = 0
        while not transport.closed:
            await turns(1)
            count += 1
        return count, transport

    count, transport = asyncio.run(run())
    assert count >= 50
    assert len(b"".join(transport.writes).split(b"queue_id")) == 51


def test_a_client_that_does_not_read_stops_the_listing() -> None:
    async def run() -> tuple[int, int, bool]:
        transport = FakeTransport(pause_after=3)
        session = ShowqSession(make(50), slow_clock())
        connect(session, transport)
        await turns(20)
        stopped = len(transport.writes)
        session.resume_writing()
        await turns(200)
        return stopped, len(transport.writes), transport.closed

    stopped, all_writes, closed = asyncio.run(run())
    assert stopped <= 4
    assert all_writes > 50
    assert closed


def test_a_client_that_goes_away_ends_the_listing() -> None:
    async def run() -> int:
        transport = FakeTransport()
        session = ShowqSession(make(50), slow_clock())
        connect(session, transport)
        session.connection_lost(None)
        await turns(5)
        return len(transport.writes)

    assert asyncio.run(run()) == 1
