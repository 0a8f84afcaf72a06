"""Destinations: their waiting entries and the connection cache hints."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.daemons.qmgr.destination import Destination, Entry
from pymail.daemons.qmgr.limits import TransportLimits
from pymail.daemons.qmgr.transport import Transport
from pymail.ipc.delivery import RequestFlag
from pymail.mail.envelope import Recipient
from tests.support.qmgr_world import make_message

BOTH = RequestFlag.CONN_LOAD | RequestFlag.CONN_STORE


def make_destination() -> Destination:
    return Destination(Transport("smtp", TransportLimits()), "a.test", "a.test")


@given(st.lists(st.integers(1, 4), max_size=20))
def test_entries_wait_in_the_order_of_their_messages(ranks: list[int]) -> None:
    destination = make_destination()
    for position, rank in enumerate(ranks):
        destination.push(Entry(make_message(str(position), rank), destination, (Recipient("u@a.test"),)))
    order = [destination.shift().message for _ in range(destination.todo)]
    assert [message.rank for message in order] == sorted(ranks)
    for rank in set(ranks):
        same = [int(message.queue_id) for message in order if message.rank == rank]
        assert same == sorted(same)
    assert (destination.head, destination.tail, destination.todo) == (None, None, 0)


@pytest.mark.parametrize(
    ("before", "since_last", "busy", "flags"),
    [
        pytest.param(0, 10.0, 3, 0, id="not-before-there-is-speed"),
        pytest.param(0, 0.5, 1, BOTH, id="back-to-back"),
        pytest.param(BOTH, 10.0, 2, BOTH, id="concurrent"),
        pytest.param(BOTH, 10.0, 1, RequestFlag.CONN_LOAD, id="running-out-of-mail"),
    ],
)
def test_cache_hints(before: int, since_last: float, busy: int, flags: int) -> None:
    destination = make_destination()
    destination.cache_flags = before
    destination.last_done = 1000.0
    destination.busy = busy
    assert destination.connection_flags(1000.0 + since_last) == flags
