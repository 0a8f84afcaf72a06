"""The conversation of an event-driven agent with the queue manager."""

from __future__ import annotations

import pytest

from pymail.ipc.delivery import DeliveryRequest, FinalStatus, encode_request
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from pymail.server.agent_session import ANNOUNCEMENT, AgentSession
from tests.support.fake_transport import FakeTransport
from tests.unit.delivery.test_report import request


@pytest.mark.parametrize("size", [1, 13, 4096])
def test_a_request_in_any_pieces_gets_its_status(size: int) -> None:
    seen: list[DeliveryRequest] = []

    async def deliver(wanted: DeliveryRequest) -> FinalStatus:
        seen.append(wanted)
        return FinalStatus(again=True)

    session = AgentSession(deliver, Log("x", MemorySink()))
    transport = FakeTransport()
    session.connection_made(transport)
    octets = encode_request(request())
    for start in range(0, len(octets), size):
        session.data_received(octets[start : start + size])
    assert seen == [request()]
    assert transport.written == ANNOUNCEMENT + FinalStatus(again=True).encode()
    assert not transport.is_closing()


def test_nonsense_ends_the_conversation() -> None:
    async def deliver(wanted: DeliveryRequest) -> FinalStatus:
        raise AssertionError(wanted)

    session = AgentSession(deliver, Log("x", MemorySink()))
    transport = FakeTransport()
    session.connection_made(transport)
    session.data_received(b"what\0\0\0")
    assert transport.is_closing()
