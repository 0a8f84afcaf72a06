"""Clients of persistent services: order, splits, faults."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.proto import attr
from pymail.server.request_session import RequestSession


class FakeTransport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = ""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return bool(self.closed)

    def close(self) -> None:
        self.closed = self.closed or "closed"

    def abort(self) -> None:
        self.closed = "aborted"


HELLO = attr.announcement("test_protocol")


async def echo(fields: list[bytes]) -> bytes | None:
    """Answer with the value of the first attribute; `wait` takes a turn of the loop, `end` hangs up."""
    if fields[1] == b"wait":
        await asyncio.sleep(0)
    if fields[1] == b"end":
        return None
    if fields[1] == b"bad":
        raise attr.AttrError("bad request")
    if fields[1] == b"fault":
        raise ValueError("fault")
    return attr.encode("got", fields[1])


def connected() -> tuple[RequestSession, FakeTransport, list[str]]:
    warnings: list[str] = []
    session = RequestSession(HELLO, echo, warnings.append)
    transport = FakeTransport()
    session.connection_made(transport)
    return session, transport, warnings


def answers(transport: FakeTransport) -> list[bytes]:
    reader = attr.ListReader()
    reader.feed(transport.written.removeprefix(HELLO))
    found = []
    while (fields := reader.next_list()) is not None:
        found.append(fields[1])
    return found


def test_the_protocol_is_announced_first() -> None:
    assert connected()[1].written == HELLO


def test_an_answer_that_needs_no_wait_needs_no_loop() -> None:
    session, transport, _ = connected()
    session.data_received(attr.encode("ask", "a") + attr.encode("ask", "b"))
    assert answers(transport) == [b"a", b"b"]


@given(st.lists(st.sampled_from(["a", "b", "wait"]), max_size=6), st.integers(1, 9))
def test_answers_come_in_the_order_of_the_requests_however_they_arrive(requests: list[str], size: int) -> None:
    octets = b"".join(attr.encode("ask", request) for request in requests)

    async def talk() -> list[bytes]:
        session, transport, _ = connected()
        for start in range(0, len(octets), size):
            session.data_received(octets[start : start + size])
        for _ in range(20):
            await asyncio.sleep(0)
        return answers(transport)

    assert asyncio.run(talk()) == [request.encode() for request in requests]


@pytest.mark.parametrize(
    ("request_", "closed", "warnings"),
    [
        pytest.param("end", "closed", [], id="refused"),
        pytest.param("bad", "closed", ["bad request"], id="malformed"),
    ],
)
def test_a_request_without_answer_ends_the_connection(request_: str, closed: str, warnings: list[str]) -> None:
    session, transport, complaints = connected()
    session.data_received(attr.encode("ask", request_) + attr.encode("ask", "a"))
    assert (transport.closed, answers(transport), complaints) == (closed, [], warnings)


def test_a_fault_of_ours_ends_the_connection() -> None:
    session, transport, _ = connected()
    with pytest.raises(ValueError, match="fault"):
        session.data_received(attr.encode("ask", "fault"))
    assert transport.closed == "aborted"


def test_endless_input_ends_the_connection() -> None:
    session, transport, warnings = connected()
    session.data_received(b"x" * (attr.LIST_LIMIT + 1))
    assert transport.closed
    assert warnings
