"""Fates and their words."""

from __future__ import annotations

import pytest

from pymail.delivery import outcome
from pymail.delivery.outcome import Fate
from pymail.ipc.delivery import MsgStats
from pymail.mail.dsn import Dsn


@pytest.mark.parametrize(
    ("make", "fate", "digit"),
    [(outcome.sent, Fate.SENT, "2"), (outcome.deferred, Fate.DEFERRED, "4"), (outcome.bounced, Fate.BOUNCED, "5")],
)
def test_an_outcome_knows_its_class(make: object, fate: Fate, digit: str) -> None:
    assert callable(make)
    result = make(Dsn("2.0.0", "ok"), "none", MsgStats())
    assert (result.fate, result.fate.digit) == (fate, digit)
