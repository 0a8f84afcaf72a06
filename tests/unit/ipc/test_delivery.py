"""Delivery requests: captured octets, any split, stamps, final status."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.ipc.delivery import DeliveryRequest, FinalStatus, MsgStats, RequestReader, encode_request
from pymail.mail.dsn import Dsn
from pymail.proto import attr
from tests.support.golden_ipc import Exchange, exchanges

REQUESTS = [
    exchange
    for service in ("smtp", "local", "error", "retry", "discard", "relay")
    for exchange in exchanges(service)
    if exchange.sent_by("client").startswith(b"flags\0")
]


def read(octets: bytes, size: int) -> DeliveryRequest:
    reader = RequestReader()
    for start in range(0, len(octets), size):
        request = reader.receive(octets[start : start + size])
    assert request is not None
    return request


def test_there_are_captures() -> None:
    assert len(REQUESTS) > 10


@pytest.mark.parametrize("exchange", REQUESTS, ids=lambda exchange: exchange.case)
def test_a_captured_request_survives(exchange: Exchange) -> None:
    octets = exchange.sent_by("client")
    assert encode_request(read(octets, len(octets))) == octets


@given(st.sampled_from(REQUESTS), st.integers(1, 50))
def test_any_split_gives_the_same_request(exchange: Exchange, size: int) -> None:
    octets = exchange.sent_by("client")
    assert read(octets, size) == read(octets, len(octets))


def test_an_agent_s_reader_stamps_the_hand_over() -> None:
    octets = REQUESTS[0].sent_by("client")
    request = RequestReader(lambda: 1795241099.5).receive(octets)
    assert request is not None
    assert request.stats.agent_handoff == 1795241099.5
    assert request.stats.active_arrival == read(octets, 100).stats.active_arrival


@given(st.binary(max_size=80))
def test_no_input_raises_an_undeclared_error(data: bytes) -> None:
    try:
        RequestReader().receive(data)
    except attr.AttrError:
        pass


moments = st.integers(0, 2_000_000_000_000_000).map(lambda value: value / 1_000_000)


@given(moments, moments, st.integers(0, 1000))
def test_stamps_survive_to_the_microsecond(arrival: float, done: float, reuse: int) -> None:
    stats = MsgStats.decode(MsgStats(incoming_arrival=arrival, deliver_done=done, reuse_count=reuse).encode())
    assert stats.incoming_arrival == pytest.approx(arrival, abs=2e-6)
    assert stats.deliver_done == pytest.approx(done, abs=2e-6)
    assert stats.reuse_count == reuse


@pytest.mark.parametrize("text", [b"", b"AAAA", b"!", b"A" * 121])
def test_malformed_stamps_are_refused(text: bytes) -> None:
    with pytest.raises(attr.AttrError):
        MsgStats.decode(text)


def test_the_status_of_success_is_the_captured_one() -> None:
    assert FinalStatus(again=False).encode() == (
        b"status\0\0diag_type\0\0diag_text\0\0mta_type\0\0mta_mname\0\0action\0\0reason\0\0status\x000\0\0"
    )


@pytest.mark.parametrize(
    "status", [FinalStatus(True), FinalStatus(True, Dsn("4.4.1", "connect to x: refused", "delayed"))]
)
def test_a_final_status_survives(status: FinalStatus) -> None:
    reader = attr.ListReader()
    reader.feed(status.encode())
    fields = reader.next_list()
    assert fields is not None
    assert FinalStatus.decode(fields) == status
