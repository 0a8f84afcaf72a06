"""When a transport wants another connection."""

from __future__ import annotations

import pytest

from pymail.daemons.qmgr.limits import TransportLimits
from pymail.daemons.qmgr.transport import Transport, TransportTable
from pymail.mail.dsn import Dsn


@pytest.mark.parametrize(
    ("deliverable", "connecting", "delivering", "delay", "dead", "wanted"),
    [
        pytest.param(1, 0, 0, 0, False, True, id="something-to-do"),
        pytest.param(0, 0, 0, 0, False, False, id="nothing-to-do"),
        pytest.param(1, 1, 0, 0, False, False, id="one-is-coming"),
        pytest.param(9, 2, 0, 0, False, False, id="enough-are-coming"),
        pytest.param(9, 0, 0, 0, True, False, id="dead"),
        pytest.param(9, 0, 1, 5, False, False, id="locked-by-the-rate-delay"),
        pytest.param(9, 0, 0, 5, False, True, id="first-with-a-rate-delay"),
    ],
)
def test_wants_connection(
    deliverable: int, connecting: int, delivering: int, delay: int, dead: bool, wanted: bool
) -> None:
    transport = Transport("smtp", TransportLimits(transport_rate_delay=delay))
    transport.schedule.deliverable = deliverable
    transport.connecting = connecting
    transport.delivering = delivering
    transport.reason = Dsn("4.3.0", "dead") if dead else None
    assert transport.wants_connection(2) is wanted


def test_a_transport_is_loaded_once() -> None:
    loaded: list[str] = []

    def load(name: str) -> TransportLimits:
        loaded.append(name)
        return TransportLimits()

    table = TransportTable(load)
    assert table.get("smtp") is table.get("smtp")
    assert loaded == ["smtp"]
