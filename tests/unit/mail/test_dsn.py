"""Tests for pymail.mail.dsn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.mail import dsn
from pymail.mail.xtext import DsnError
from tests.support.strategies import any_text


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("2.0.0", True), ("5.1.1", True), ("4.123.999", True), ("3.0.0", False), ("5.1", False), ("5.1.1 ", False),
        ("5.1.1000", False), ("5..1", False), ("", False), ("5.1.1.1", False), ("٥.1.1", False),
    ],
)  # fmt: skip
def test_valid_status(text: str, valid: bool) -> None:
    assert dsn.valid_status(text) is valid


@pytest.mark.parametrize(
    ("text", "status", "rest"),
    [
        pytest.param("4.2.2 mailbox full", "4.2.2", "mailbox full", id="status"),
        pytest.param("mailbox full", "5.0.0", "mailbox full", id="no-status"),
        pytest.param("5.1.1", "5.1.1", "", id="status-only"),
        pytest.param("  5.1.1   x  y", "5.1.1", "x  y", id="blanks"),
        pytest.param("5.1.1: x", "5.0.0", "5.1.1: x", id="status-without-blank"),
        pytest.param("", "5.0.0", "", id="empty"),
    ],
)
def test_split_status(text: str, status: str, rest: str) -> None:
    assert dsn.split_status(text, "5.0.0") == (status, rest)


def test_status_class_and_its_replacement() -> None:
    assert dsn.status_class("5.1.1") == 5
    assert dsn.status_class("x") == 0
    assert dsn.with_class("5.1.1", 4) == "4.1.1"


@pytest.mark.parametrize(
    ("text", "mask"),
    [
        ("NEVER", dsn.NOTIFY_NEVER),
        ("success,Failure", dsn.NOTIFY_SUCCESS | dsn.NOTIFY_FAILURE),
        ("SUCCESS,FAILURE,DELAY", dsn.NOTIFY_SUCCESS | dsn.NOTIFY_FAILURE | dsn.NOTIFY_DELAY),
    ],
)
def test_notify(text: str, mask: int) -> None:
    assert dsn.parse_notify(text) == mask
    assert dsn.format_notify(mask) == text.upper()


@pytest.mark.parametrize("text", ["", "NEVER,DELAY", "x", "SUCCESS,,DELAY"])
def test_bad_notify_is_refused(text: str) -> None:
    with pytest.raises(DsnError):
        dsn.parse_notify(text)


@pytest.mark.parametrize(("mask", "valid"), [(0, True), (1, True), (14, True), (3, False), (16, False), (-1, False)])
def test_valid_notify(mask: int, valid: bool) -> None:
    assert dsn.valid_notify(mask) is valid


def test_ret() -> None:
    assert [dsn.parse_ret("full"), dsn.parse_ret("HDRS")] == [dsn.RET_FULL, dsn.RET_HDRS]
    assert [dsn.format_ret(value) for value in (0, 1, 2)] == ["", "FULL", "HDRS"]
    with pytest.raises(DsnError):
        dsn.parse_ret("NONE")


def test_envid_is_decoded() -> None:
    assert dsn.parse_envid("abc+2B1") == "abc+1"


@pytest.mark.parametrize("text", ["", "a b", "+0A", "+C3+A9", "x" * 101])
def test_bad_envid_is_refused(text: str) -> None:
    with pytest.raises(DsnError):
        dsn.parse_envid(text)


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        pytest.param("rfc822;Bob+2BX@hold.test", "rfc822;Bob+X@hold.test", id="rfc822"),
        pytest.param("utf-8;\\x{E9}@x.test", "utf-8;é@x.test", id="utf-8-escaped"),
        pytest.param("UTF-8;é@x.test", "UTF-8;é@x.test", id="utf-8-plain"),
        pytest.param("x-y;z", "x-y;z", id="other-type"),
    ],
)
def test_orcpt_is_decoded(text: str, decoded: str) -> None:
    assert dsn.parse_orcpt(text) == decoded


@pytest.mark.parametrize("text", ["", "rfc822", "rfc822;", ";a", "rf c;a", "rfc822;a b", "rfc822;é", "a;" + "x" * 500])
def test_bad_orcpt_is_refused(text: str) -> None:
    with pytest.raises(DsnError):
        dsn.parse_orcpt(text)


@given(any_text | st.text(st.sampled_from(list("245.;+A aNEVER,")), max_size=20))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    status, _ = dsn.split_status(text, "5.0.0")
    assert dsn.valid_status(status)
    for parse in (dsn.parse_notify, dsn.parse_ret, dsn.parse_envid, dsn.parse_orcpt):
        try:
            parse(text)
        except DsnError:
            pass
