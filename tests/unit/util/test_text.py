"""Tests for pymail.util.text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.util.text import cut, printable, to_bytes, to_text


@pytest.mark.parametrize(
    ("text", "utf8", "shown"),
    [
        pytest.param("abc", True, "abc", id="plain"),
        pytest.param("a\r\nb\x00\x7f", True, "a??b??", id="controls"),
        pytest.param("é", True, "é", id="utf-8"),
        pytest.param("é", False, "??", id="utf-8-not-wanted"),
        pytest.param("\udce9", True, "?", id="other-octet"),
        pytest.param("\x85", True, "?", id="c1-control"),
    ],
)
def test_printable(text: str, utf8: bool, shown: str) -> None:
    assert printable(text, utf8=utf8) == shown


def test_printable_with_another_replacement() -> None:
    assert printable("a\nb", "_") == "a_b"


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("abc", 2, "ab"),
        ("abc", 3, "abc"),
        ("aé", 2, "a"),
        ("aé", 3, "aé"),
        ("€€", 5, "€"),
        ("abc", 0, ""),
        ("é", -1, ""),
    ],
)
def test_cut_keeps_characters_whole(text: str, limit: int, shown: str) -> None:
    assert cut(text, limit) == shown


def test_a_surrogate_that_is_no_octet_becomes_a_question_mark() -> None:
    assert to_bytes("a\ud800é\udce9") == b"a?\xc3\xa9\xe9"


@given(st.binary(max_size=60))
def test_to_bytes_undoes_to_text(octets: bytes) -> None:
    assert to_bytes(to_text(octets)) == octets


@given(st.binary(max_size=30), st.integers(-1, 32))
def test_cut_gives_a_prefix_within_the_limit(octets: bytes, limit: int) -> None:
    shown = to_bytes(cut(to_text(octets), limit))
    assert len(shown) <= max(limit, 0)
    assert octets.startswith(shown)
    assert len(shown) >= min(len(octets), limit) - 3


@given(st.text(st.characters(), max_size=30), st.booleans())
def test_any_text_becomes_printable(text: str, utf8: bool) -> None:
    shown = printable(text, utf8=utf8)
    assert printable(shown, utf8=utf8) == shown
    assert "\n" not in shown
