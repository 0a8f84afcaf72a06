"""Connections to delivery agents: every way in which they go well or badly."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable

import pytest

from pymail.daemons.qmgr.agent import Agent, State, connect_unix
from pymail.daemons.qmgr.destination import Destination, Entry
from pymail.daemons.qmgr.limits import TransportLimits
from pymail.daemons.qmgr.readers import Readers
from pymail.daemons.qmgr.transport import Transport
from pymail.ipc.delivery import PROTOCOL, FinalStatus
from pymail.mail.dsn import Dsn
from pymail.mail.envelope import Recipient
from pymail.proto import attr
from tests.support.qmgr_world import make_message

HELLO = attr.announcement(PROTOCOL)
TRANSPORT = "smtp"


class Events:
    """Sends *request* as soon as the agent is free, and remembers the end."""

    def __init__(self, request: bytes = b"request") -> None:
        self.request = request
        self.end: list[object] = []

    def agent_ready(self, agent: Agent) -> None:
        destination = Destination(agent.transport, "a.test", "a.test")
        agent.send(Entry(make_message(), destination, (Recipient("u@a.test"),)), self.request)

    def agent_failed(self, agent: Agent, warning: str) -> None:
        self.end = ["failed", warning]

    def agent_done(self, agent: Agent, status: FinalStatus | None, warning: str) -> None:
        self.end = ["done", status, warning]


def converse(play: Callable[[socket.socket], object], events: Events, size: int = 0) -> Events:
    """Run one connection; *play* is called with the agent's end at each turn of the loop until there is an end."""

    async def run() -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        theirs.setblocking(False)
        if size:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)
        agent = Agent(Transport(TRANSPORT, TransportLimits()), events, Readers(), lambda path: ours)
        agent.start()
        for _ in range(2000):
            if events.end:
                break
            play(theirs)
            await asyncio.sleep(0)
        assert agent.state is State.CLOSED
        theirs.close()

    asyncio.run(run())
    return events


def playing(*octets: bytes | None) -> Callable[[socket.socket], object]:
    """Return an agent that sends *octets*, one piece at a time after the request; None hangs up."""
    script = list(octets)

    def play(client: socket.socket) -> None:
        if script:
            piece = script.pop(0)
            if piece is None:
                client.close()
            else:
                client.send(piece)

    return play


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(FinalStatus(again=False), id="delivered"),
        pytest.param(FinalStatus(again=True), id="again"),
        pytest.param(FinalStatus(again=True, hop=Dsn("4.4.1", "connection refused", action="delayed")), id="hop"),
    ],
)
@pytest.mark.parametrize(
    "pieces", [1, 2, 7], ids=lambda pieces: f"{pieces}-octets-at-a-time" if pieces > 1 else "whole"
)
def test_a_delivery_ends_with_the_status(status: FinalStatus, pieces: int) -> None:
    def cut(octets: bytes) -> list[bytes]:
        return [octets] if pieces == 1 else [octets[at : at + pieces] for at in range(0, len(octets), pieces)]

    # b"" lets the loop turn, so that the request goes out in between.
    script = [*cut(HELLO), *([b""] * 5), *cut(status.encode())]
    assert converse(playing(*script), Events()).end == ["done", status, ""]


@pytest.mark.parametrize(
    ("script", "end"),
    [
        pytest.param(
            [None], ["failed", "private/smtp socket: premature disconnect"], id="gone-before-the-announcement"
        ),
        pytest.param(
            [attr.announcement("other_protocol")], ["failed", "private/smtp socket: malformed response"], id="other"
        ),
        pytest.param([b"x" * 70000], ["failed", "private/smtp socket: malformed response"], id="junk"),
        pytest.param(
            [HELLO, b"", b"", None], ["done", None, "private/smtp socket: premature disconnect"], id="died-at-work"
        ),
        pytest.param(
            [HELLO, b"", b"", attr.encode("what", "ever")],
            ["done", None, "private/smtp socket: malformed response"],
            id="bad-status",
        ),
    ],
)
def test_a_bad_end(script: list[bytes | None], end: list[object]) -> None:
    assert converse(playing(*script), Events()).end == end


def test_a_large_request_goes_out_in_pieces() -> None:
    request = bytes(range(256)) * 4096
    got = bytearray()
    script = [HELLO]

    def play(client: socket.socket) -> None:
        if script:
            client.send(script.pop())
            return
        try:
            got.extend(client.recv(100_000))
        except BlockingIOError:
            return
        if len(got) == len(request):
            client.send(FinalStatus(again=False).encode())

    assert converse(play, Events(request), size=4096).end == ["done", FinalStatus(again=False), ""]
    assert bytes(got) == request


def test_an_agent_that_hangs_up_before_it_has_the_whole_request_has_failed() -> None:
    script: list[bytes | None] = [HELLO, b"", b"", None]
    end = converse(playing(*script), Events(bytes(1 << 20)), size=4096).end
    assert end[0] == "failed"


def test_no_service_has_failed() -> None:
    def connect(path: str) -> socket.socket:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", path)

    async def run() -> Events:
        events = Events()
        Agent(Transport(TRANSPORT, TransportLimits()), events, Readers(), connect).start()
        return events

    end = asyncio.run(run()).end
    assert end == ["failed", "connect to transport private/smtp: No such file or directory"]


def test_a_full_backlog_is_tried_again() -> None:
    tries = []

    def connect(path: str) -> socket.socket:
        tries.append(path)
        if len(tries) < 3:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    async def run() -> Events:
        events = Events()
        Agent(Transport(TRANSPORT, TransportLimits()), events, Readers(), connect).start()
        while not events.end:
            await asyncio.sleep(0)
        return events

    asyncio.run(run())
    assert len(tries) == 3


def test_connecting_to_a_missing_socket_leaves_nothing_open() -> None:
    with pytest.raises(FileNotFoundError):
        connect_unix("/nonexistent/private/smtp")
