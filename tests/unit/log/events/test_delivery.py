"""The recipient line: delays, optional parts, captured lines."""

from __future__ import annotations

import pytest

from pymail.log.events.delivery import LineStyle, Moments, RecipientEvent, delays, format_delay, recipient_line


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0"), (0, "0"), (0.004, "0"), (0.006, "0.01"), (0.11, "0.11"), (0.5, "0.5"), (0.996, "1"), (6.13, "6.1"),
        (8.02, "8"), (9.96, "10"), (19.4, "19"), (3605.5, "3606"),
    ],
)  # fmt: skip
def test_a_delay_has_two_digits(seconds: float, text: str) -> None:
    assert format_delay(seconds) == text


def test_a_limit_of_zero_gives_whole_seconds() -> None:
    assert format_delay(0.7, 0) == "1"


@pytest.mark.parametrize(
    ("moments", "parts"),
    [
        pytest.param(Moments(10, 0, 0, 0, 15), (5, 5, 0, 0, 0), id="never-active"),
        pytest.param(Moments(10, 11, 0, 0, 15), (5, 1, 4, 0, 0), id="no-agent"),
        pytest.param(Moments(10, 11, 12, 0, 15), (5, 1, 1, 0, 3), id="no-connection"),
        pytest.param(Moments(10, 11, 12, 14, 15), (5, 1, 1, 2, 1), id="all"),
    ],
)
def test_the_time_goes_to_its_station(moments: Moments, parts: tuple[float, ...]) -> None:
    assert delays(moments) == parts


def event(**changes: object) -> RecipientEvent:
    fields: dict[str, object] = {
        "queue_id": "3AEE154020F", "recipient": "rej5@relay.test", "original": "", "relay": "none",
        "moments": Moments(10, 0, 0, 0, 10.07), "reuse_count": 0, "dsn": "5.1.1", "status": "bounced", "reason": "no",
    }  # fmt: skip
    return RecipientEvent(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        pytest.param(
            {"original": "x@relay.test"}, "to=<rej5@relay.test>, orig_to=<x@relay.test>, relay=none", id="orig"
        ),
        pytest.param({"original": "REJ5@relay.test"}, "to=<rej5@relay.test>, relay=none", id="same-but-case"),
        pytest.param({"reuse_count": 1}, "relay=none, conn_use=2, delay=", id="second-use"),
        pytest.param({"recipient": "a b@c"}, 'to=<"a b"@c>', id="quoted"),
        pytest.param({}, "delay=0.07, delays=0.07/0/0/0, dsn=5.1.1, status=bounced (no)", id="rest"),
    ],
)
def test_the_line_has(changes: dict[str, object], part: str) -> None:
    assert part in recipient_line(event(**changes), LineStyle())


def test_the_internal_form_is_a_choice() -> None:
    assert "to=<a b@c>" in recipient_line(event(recipient="a b@c"), LineStyle("internal"))


def test_a_captured_line() -> None:
    captured = (
        "3AEE154020F: to=<rej5@relay.test>, relay=127.0.0.1[127.0.0.1]:21010, delay=0.07, delays=0.01/0/0/0.06, "
        "dsn=5.1.1, status=bounced (host 127.0.0.1[127.0.0.1] said: 550 5.1.1 no such user "
        "(in reply to RCPT TO command))"
    )
    moments = Moments(100, 100.01, 100.011, 100.012, 100.07)
    reason = "host 127.0.0.1[127.0.0.1] said: 550 5.1.1 no such user (in reply to RCPT TO command)"
    line = recipient_line(event(relay="127.0.0.1[127.0.0.1]:21010", moments=moments, reason=reason), LineStyle())
    assert line == captured
