"""Tests for pymail.mail.header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.mail.header import (
    Header,
    HeaderCollector,
    HeaderKind,
    header_name_length,
    iterate_headers,
    parse_header,
)

_LIMIT = 102400


@pytest.mark.parametrize(
    ("line", "length"),
    [
        (b"To: joe", 2), (b"X-Y:z", 3), (b"X-Y  :z", 3), (b"To:", 2), (b"a", 0), (b": x", 0), (b"To joe", 0),
        (b"To\tx: y", 0), (b"T\x01o: x", 0), (b"T\xe9: y", 0), (b">From x: y", 0), (b"", 0), (b" To: x", 0),
        (b">From: y", 5),
    ],
)  # fmt: skip
def test_header_line(line: bytes, length: int) -> None:
    assert header_name_length(line) == length


def test_parts_of_a_header() -> None:
    header = parse_header(b"To \t: a,\n\tb")
    assert header is not None
    assert (header.raw, header.name, header.key, header.body) == (b"To: a,\n\tb", b"To", b"to", b" a,\n\tb")
    assert header.unfolded() == b"a,\tb"
    assert header.lines() == [b"To: a,", b"\tb"]
    assert header.with_body(b" x") == Header(b"To: x", 2)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"FROM: x", HeaderKind.SENDER),
        (b"To: x", HeaderKind.RECIPIENT | HeaderKind.EXTRACT),
        (b"Bcc: x", HeaderKind.RECIPIENT | HeaderKind.EXTRACT | HeaderKind.DROP),
        (b"Resent-Reply-To: x", HeaderKind.RECIPIENT | HeaderKind.RESENT),
        (b"Return-Path: x", HeaderKind.SENDER | HeaderKind.DROP),
        (b"Subject: x", HeaderKind.NONE),
    ],
)
def test_kind_of_a_header(raw: bytes, kind: HeaderKind) -> None:
    header = parse_header(raw)
    assert header is not None
    assert header.kind == kind


def _read(lines: list[bytes], limit: int = _LIMIT) -> list[bytes]:
    return [header.raw for header in iterate_headers(lines, limit)]


@pytest.mark.parametrize(
    ("lines", "headers"),
    [
        pytest.param([b"A: 1", b"B: 2", b"", b"C: 3"], [b"A: 1", b"B: 2"], id="empty-line-ends"),
        pytest.param([b"A: 1", b" x", b"\ty", b"B: 2"], [b"A: 1\n x\n\ty", b"B: 2"], id="folded"),
        pytest.param([b"A: 1", b" ", b" x"], [b"A: 1\n \n x"], id="blank-continuation"),
        pytest.param([b"A: 1", b"body", b"B: 2"], [b"A: 1"], id="body-line-ends"),
        pytest.param([b" x", b"A: 1"], [], id="continuation-of-nothing"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_lines_are_put_together(lines: list[bytes], headers: list[bytes]) -> None:
    assert _read(lines) == headers


def test_what_exceeds_the_limit_is_dropped() -> None:
    assert _read([b"A: 123", b" 4567", b" 89", b"B: 1"], limit=9) == [b"A: 123\n 4", b"B: 1"]


def test_the_line_that_ends_the_headers_is_kept() -> None:
    collector = HeaderCollector(_LIMIT)
    assert collector.add(b"A: 1") is None
    assert collector.add(b"body") == Header(b"A: 1", 1)
    assert (collector.ended, collector.stopped_at) == (True, b"body")


_line = st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"")) | st.sampled_from([b"A: 1", b" x", b"To : y"])


@given(st.lists(_line, max_size=8), st.integers(1, 40))
def test_any_lines_give_headers_within_the_limit(lines: list[bytes], limit: int) -> None:
    assert all(len(raw) <= limit and header_name_length(raw) for raw in _read(lines, limit))
