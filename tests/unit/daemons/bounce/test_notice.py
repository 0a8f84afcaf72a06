"""Who gets which report, and which recipients it names."""

from __future__ import annotations

import pytest

from pymail.daemons.bounce.notice import Kind, Policy, Silence, kind_of, notices, reported
from pymail.ipc.bounce import RequestKind
from pymail.ipc.delivery import RequestFlag
from pymail.mail.dsn import NOTIFY_DELAY, NOTIFY_FAILURE, NOTIFY_NEVER, NOTIFY_SUCCESS, Dsn
from pymail.mail.envelope import Recipient
from pymail.queue.logs import LogEntry


def policy(*classes: str) -> Policy:
    return Policy(frozenset(classes), "double-bounce@mx.test", "pm@x", "pm2@x", "pmd@x")


@pytest.mark.parametrize(
    ("kind", "sender", "classes", "expected"),
    [
        pytest.param(Kind.FAILURE, "a@b", (), [("", "a@b", False)], id="failure-to-sender"),
        pytest.param(
            Kind.FAILURE, "a@b", ("bounce",), [("", "a@b", False), ("double-bounce@mx.test", "pm@x", True)], id="copy"
        ),
        pytest.param(Kind.FAILURE, "", (), [], id="failed-bounce-is-dropped"),
        pytest.param(Kind.FAILURE, "", ("2bounce",), [("double-bounce@mx.test", "pm2@x", True)], id="double-bounce"),
        pytest.param(Kind.DELAY, "a@b", (), [("", "a@b", False)], id="delay-to-sender"),
        pytest.param(Kind.DELAY, "", ("delay",), [("double-bounce@mx.test", "pmd@x", True)], id="delayed-bounce"),
        pytest.param(Kind.SUCCESS, "a@b", ("bounce", "delay"), [("", "a@b", False)], id="success"),
    ],
)
def test_notices(kind: Kind, sender: str, classes: tuple[str, ...], expected: list[tuple[str, str, bool]]) -> None:
    found = notices(kind, sender, 0, policy(*classes))
    assert isinstance(found, list)
    assert [(notice.sender, notice.recipient, notice.to_postmaster) for notice in found] == expected


@pytest.mark.parametrize("kind", list(Kind))
def test_a_notice_that_fails_is_never_reported(kind: Kind) -> None:
    assert notices(kind, "Double-Bounce@mx.test", 0, policy("bounce", "2bounce", "delay")) is Silence.POSTMASTER_NOTICE


def test_success_of_a_bounce_is_not_reported() -> None:
    assert notices(Kind.SUCCESS, "", 0, policy()) is Silence.BOUNCE


@pytest.mark.parametrize(("ret", "whole"), [(0, True), (1, True), (2, False)])
def test_ret_chooses_what_is_returned(ret: int, whole: bool) -> None:
    found = notices(Kind.FAILURE, "a@b", ret, policy())
    assert isinstance(found, list)
    assert found[0].whole_message is whole


@pytest.mark.parametrize(
    ("notify", "kinds"),
    [
        pytest.param(0, {Kind.FAILURE, Kind.DELAY, Kind.PROBE}, id="not-said"),
        pytest.param(NOTIFY_NEVER, {Kind.PROBE}, id="never"),
        pytest.param(NOTIFY_FAILURE, {Kind.FAILURE, Kind.PROBE}, id="failure"),
        pytest.param(NOTIFY_DELAY | NOTIFY_SUCCESS, {Kind.DELAY, Kind.SUCCESS, Kind.PROBE}, id="delay-success"),
    ],
)
def test_notify_decides_who_is_named(notify: int, kinds: set[Kind]) -> None:
    entry = LogEntry(Recipient("u@x", notify=notify), Dsn("5.1.1", "no"))
    assert {kind for kind in Kind if reported([entry], kind, to_postmaster=False)} == kinds
    assert reported([entry], Kind.FAILURE, to_postmaster=True) == [entry]


@pytest.mark.parametrize(
    ("request_kind", "flags", "kind"),
    [
        (RequestKind.FLUSH, 0, Kind.FAILURE),
        (RequestKind.ONE, 0, Kind.FAILURE),
        (RequestKind.WARN, 0, Kind.DELAY),
        (RequestKind.TRACE, 0, Kind.SUCCESS),
        (RequestKind.TRACE, RequestFlag.USR_VRFY, Kind.PROBE),
        (RequestKind.TRACE, RequestFlag.RECORD, Kind.PROBE),
    ],
)
def test_a_request_has_its_kind(request_kind: int, flags: int, kind: Kind) -> None:
    assert kind_of(request_kind, flags) is kind
