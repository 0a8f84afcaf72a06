"""Results with `$1`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.tables.replacement import Replacement, ReplacementError, parse_replacement


@pytest.mark.parametrize(
    ("text", "expanded", "highest"),
    [
        pytest.param("plain", "plain", 0, id="plain"),
        pytest.param("r $1 ${1} $(2) $$ x", "r one one two $ x", 2, id="all-forms"),
        pytest.param("$$1", "$1", 0, id="escaped"),
        pytest.param("", "", 0, id="empty"),
    ],
)
def test_a_result_is_expanded(text: str, expanded: str, highest: int) -> None:
    replacement = parse_replacement("w", text, pytest.fail)
    assert replacement.highest == highest
    assert replacement.expand([b"all", b"one", b"two"]) == expanded


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("$", 'empty macro name: "$"', id="alone"),
        pytest.param("a$ b", 'empty macro name: "a$ b"', id="before-a-blank"),
        pytest.param("${1", 'truncated macro reference: "${1"', id="open"),
        pytest.param("${1?x}", 'w: non-numeric replacement index "1?x"', id="condition"),
        pytest.param("x$1y", 'w: non-numeric replacement index "1y"', id="letters"),
        pytest.param("$0", 'w: out-of-range replacement index "0"', id="zero"),
    ],
)
def test_a_bad_result_is_refused_in_postfix_words(text: str, complaint: str) -> None:
    complaints: list[str] = []
    with pytest.raises(ReplacementError):
        parse_replacement("w", text, complaints.append)
    assert complaints == [complaint]


def test_what_has_no_number_is_literal() -> None:
    assert Replacement(("a", "$", "b")).literal == "a$b"


@given(st.text(st.sampled_from(list("$(){}1290ab ?é")), max_size=15))
def test_any_result_is_taken_or_refused(text: str) -> None:
    complaints: list[str] = []
    try:
        replacement = parse_replacement("w", text, complaints.append)
    except ReplacementError:
        assert len(complaints) == 1
    else:
        assert not complaints
        replacement.expand([b"x"] * (replacement.highest + 1))


@given(st.text(max_size=20))
def test_text_with_doubled_dollars_comes_out_as_it_was(text: str) -> None:
    assert parse_replacement("w", text.replace("$", "$$"), pytest.fail).literal == text
