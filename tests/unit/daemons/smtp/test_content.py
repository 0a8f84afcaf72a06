"""Leading headers, and lines that are too long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.daemons.smtp.content import LineBreaker, leading_headers, outgoing
from pymail.daemons.smtp.settings import HeaderFlags
from pymail.mail.envelope import Recipient
from tests.support.smtp_client_rig import request


def test_flags_put_headers_before_the_message() -> None:
    flags = HeaderFlags(delivered_to=True, original_to=True, return_path=True)
    recipient = Recipient("a b@d.test", "alias@d.test")
    assert leading_headers(flags, request("x"), recipient) == (
        b"Return-Path: <from@me.test>\r\nX-Original-To: alias@d.test\r\n" + b'Delivered-To: "a b"@d.test\r\n'
    )


def test_no_flags_no_headers() -> None:
    assert leading_headers(HeaderFlags(), request("x"), Recipient("a@d.test", "a@d.test")) == b""


def test_a_line_end_in_an_address_makes_no_header() -> None:
    lines = leading_headers(HeaderFlags(delivered_to=True), request("x"), Recipient("a\r\nX: y@d.test"))
    assert lines.count(b"\r\n") == 1


@pytest.mark.parametrize(
    ("content", "sent"),
    [
        pytest.param(b"12345678\r\n", b"12345678\r\n", id="just-fits"),
        pytest.param(b"123456789\r\n", b"12345678\r\n 9\r\n", id="one-more"),
        pytest.param(b"x" * 8 + b"y" * 7 + b"z\r\n", b"xxxxxxxx\r\n yyyyyyy\r\n z\r\n", id="twice"),
        pytest.param(b"a\r\n123456789\r\nb\r\n", b"a\r\n12345678\r\n 9\r\nb\r\n", id="in-the-middle"),
        pytest.param(b"", b"", id="empty"),
    ],
)
def test_long_lines_are_broken(content: bytes, sent: bytes) -> None:
    assert LineBreaker(8, lambda: None).feed(content) == sent


def test_breaking_is_told_once() -> None:
    told: list[int] = []
    breaker = LineBreaker(8, lambda: told.append(1))
    breaker.feed(b"short\r\n")
    assert told == []
    breaker.feed(b"long long long\r\nlong long long\r\n")
    breaker.feed(b"long long long\r\n")
    assert told == [1]


def test_without_a_limit_lines_stay() -> None:
    told: list[int] = []
    assert b"".join(outgoing(b"H: 1\r\n", [b"x" * 2000 + b"\r\n"], 0, lambda: told.append(1))) == (
        b"H: 1\r\n" + b"x" * 2000 + b"\r\n"
    )
    assert told == []


def test_an_empty_message_still_has_its_headers() -> None:
    assert list(outgoing(b"H: 1\r\n", [], 8, lambda: None)) == [b"H: 1\r\n"]


@given(
    st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\r", b"").replace(b"\n", b"")), max_size=8),
    st.data(),
)
def test_any_split_gives_the_same_lines_and_no_line_is_too_long(lines: list[bytes], data: st.DataObject) -> None:
    content = b"".join(line + b"\r\n" for line in lines)
    whole = LineBreaker(8, lambda: None).feed(content)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=4)))
    cuts = [cut - 1 if content[cut - 1 : cut] == b"\r" else cut for cut in cuts]  # not between CR and LF
    breaker = LineBreaker(8, lambda: None)
    pieces = [content[start:end] for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True)]
    assert b"".join(map(breaker.feed, pieces)) == whole
    assert all(len(line) <= 8 for line in whole.split(b"\r\n"))
    assert whole.replace(b"\r\n ", b"") == content.replace(b"\r\n ", b"") or b"\r\n " in content
