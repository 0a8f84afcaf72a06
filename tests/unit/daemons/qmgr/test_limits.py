"""Settings of a transport: its own, the defaults, and what a rate delay forces."""

from __future__ import annotations

import pytest

from pymail.config.main_cf import ConfigError, MainCf
from pymail.daemons.qmgr.feedback import Feedback
from pymail.daemons.qmgr.limits import TransportLimits, load_limits
from pymail.daemons.qmgr.params import QmgrParams


def load(transport: str, **settings: str) -> tuple[TransportLimits, list[str]]:
    conf = MainCf("/etc/postfix", settings)
    QmgrParams(conf)
    warnings: list[str] = []
    return load_limits(conf, transport, lambda text, *args: warnings.append(text % args)), warnings


def test_defaults() -> None:
    limits, warnings = load("smtp")
    assert limits == TransportLimits()
    assert not warnings


def test_the_transport_comes_before_the_default() -> None:
    limits, _ = load("relay", relay_destination_concurrency_limit="3", default_destination_recipient_limit="7")
    assert (limits.rules.limit, limits.rules.initial, limits.recipient_limit) == (3, 3, 7)


def test_local_delivers_to_one_recipient_and_twice_at_a_time() -> None:
    limits, _ = load("local")
    assert (limits.rules.limit, limits.recipient_limit) == (2, 1)


def test_a_rate_delay_allows_one_delivery_at_a_time() -> None:
    limits, _ = load("slow", slow_destination_rate_delay="2m")
    assert (limits.destination_rate_delay, limits.rules.limit, limits.rules.initial) == (120, 1, 1)


def test_malformed_feedback_is_one_with_a_warning() -> None:
    limits, warnings = load("smtp", smtp_destination_concurrency_positive_feedback="many")
    assert limits.rules.positive == Feedback()
    assert warnings == [
        "smtp_destination_concurrency_positive_feedback: ignoring malformed or unreasonable feedback: many"
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [("smtp_destination_concurrency_limit", "x"), ("smtp_destination_recipient_limit", "-1"),
     ("smtp_transport_rate_delay", "soon")],
)  # fmt: skip
def test_a_malformed_number_is_an_error(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        load("smtp", **{name: value})
