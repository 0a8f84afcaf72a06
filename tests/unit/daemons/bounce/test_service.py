"""The conversation of one client, in any pieces."""

from __future__ import annotations

from typing import cast

import pytest

from pymail.daemons.bounce.reporter import Bounces
from pymail.daemons.bounce.service import ANNOUNCEMENT, BounceSession
from pymail.ipc.bounce import Append, encode_status
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from pymail.mail.dsn import Dsn
from pymail.mail.envelope import Recipient
from tests.support.fake_transport import FakeTransport


class FakeBounces:
    def __init__(self, done: bool) -> None:
        self.done = done
        self.requests: list[object] = []

    async def serve(self, request: object) -> bool:
        self.requests.append(request)
        return self.done


APPEND = Append(0, "ABC1", Recipient("u@x"), Dsn("5.1.1", "no"))


@pytest.mark.parametrize(("done", "status"), [(True, 0), (False, -1)])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_one_request_one_status(done: bool, status: int, size: int) -> None:
    bounces = FakeBounces(done)
    session = BounceSession(cast(Bounces, bounces), Log("x", MemorySink()))
    transport = FakeTransport()
    session.connection_made(transport)
    octets = APPEND.encode()
    for start in range(0, len(octets), size):
        session.data_received(octets[start : start + size])
    assert bounces.requests == [APPEND]
    assert transport.written == ANNOUNCEMENT + encode_status(status)
    assert transport.is_closing()


def test_nonsense_is_refused() -> None:
    session = BounceSession(cast(Bounces, FakeBounces(True)), Log("x", MemorySink()))
    transport = FakeTransport()
    session.connection_made(transport)
    session.data_received(b"nrequest\x0099\0\0")
    assert transport.written == ANNOUNCEMENT + encode_status(-1)


def test_the_client_may_go_away() -> None:
    session = BounceSession(cast(Bounces, FakeBounces(True)), Log("x", MemorySink()))
    transport = FakeTransport()
    session.connection_made(transport)
    transport.close()
    session.data_received(APPEND.encode())
    session.connection_lost(None)
    assert transport.written == ANNOUNCEMENT
