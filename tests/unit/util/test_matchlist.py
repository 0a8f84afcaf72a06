"""Tests for pymail.util.matchlist."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.util.matchlist import (
    MatchListError,
    Pattern,
    parse_match_list,
    parse_pattern,
    split_list,
    split_list_braces,
    strip_braces,
)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        pytest.param("", [], id="empty"),
        pytest.param("a, b\tc\n d,,e", ["a", "b", "c", "d", "e"], id="separators"),
        pytest.param("inline:{a=b, c=d} x", ["inline:{a=b, c=d}", "x"], id="braces"),
        pytest.param("{ a { b c } d }, e", ["{ a { b c } d }", "e"], id="nested-braces"),
        pytest.param("a} b", ["a}", "b"], id="stray-brace"),
        pytest.param("pipemap:{hash:/a, hash:/b}", ["pipemap:{hash:/a, hash:/b}"], id="table"),
    ],
)
def test_split(value: str, words: list[str]) -> None:
    assert split_list_braces(value) == words


def test_open_brace_is_an_error() -> None:
    with pytest.raises(MatchListError):
        split_list_braces("a {b c")


def test_braces_mean_nothing_to_the_plain_split() -> None:
    assert split_list("{a b}") == ["{a", "b}"]


@pytest.mark.parametrize(("word", "inside"), [("{ a b }", "a b"), ("{}", ""), ("a", "a"), ("{", "{")])
def test_strip_braces(word: str, inside: str) -> None:
    assert strip_braces(word) == inside


@pytest.mark.parametrize(
    ("word", "pattern"),
    [("a", Pattern("a")), ("!a", Pattern("a", True)), ("!!a", Pattern("a")), ("!", Pattern("", True))],
)
def test_negation(word: str, pattern: Pattern) -> None:
    assert parse_pattern(word) == pattern


def test_match_list() -> None:
    assert parse_match_list("!10.0.0.1, 10.0.0.0/8") == [Pattern("10.0.0.1", True), Pattern("10.0.0.0/8")]


@given(st.text(st.sampled_from(list("ab{}! ,\n")), max_size=20))
def test_any_value_is_split_or_refused(value: str) -> None:
    try:
        words = split_list_braces(value)
    except MatchListError:
        return
    assert "".join("".join(words).split()).replace(",", "") == "".join(value.split()).replace(",", "")
