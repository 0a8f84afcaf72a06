"""Names of tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.tables.syntax import BraceError, first_word, inside_braces, split_pair, split_spec

braces = st.text(st.sampled_from(list("{} ab,=\t")), max_size=20)


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        pytest.param("{a}", "a", id="plain"),
        pytest.param("{ a b }", "a b", id="blanks"),
        pytest.param("{ {a} {b} } ", "{a} {b}", id="nested"),
        pytest.param("{}", "", id="empty"),
    ],
)
def test_braces_are_taken_off(text: str, inside: str) -> None:
    assert inside_braces(text) == inside


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param("a", "no '{' at start of text in \"a\"", id="none"),
        pytest.param("{x", "missing '}' in \"{x\"", id="open"),
        pytest.param("{x} y", "syntax error after '}' in \"{x} y\"", id="behind"),
    ],
)
def test_bad_braces_are_described_as_postfix_does(text: str, error: str) -> None:
    with pytest.raises(BraceError) as caught:
        inside_braces(text)
    assert str(caught.value) == error


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        pytest.param("a=b", ("a", "b"), id="plain"),
        pytest.param(" a = b c ", ("a", "b c"), id="blanks"),
        pytest.param("a=", ("a", ""), id="no-value"),
        pytest.param("a b=c", None, id="two-names"),
        pytest.param("a", None, id="no-equals"),
    ],
)
def test_pairs(text: str, pair: tuple[str, str] | None) -> None:
    assert split_pair(text) == pair


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("a b", ("a", "b"), id="two"),
        pytest.param(" a\t b  c ", ("a", "b  c"), id="blanks"),
        pytest.param("a", ("a", ""), id="one"),
        pytest.param(" ", ("", ""), id="none"),
        pytest.param("a\xa0b\x1fc\x85d e", ("a\xa0b\x1fc\x85d", "e"), id="only-ascii-blanks-separate"),
    ],
)
def test_the_first_word(text: str, parts: tuple[str, str]) -> None:
    assert first_word(text) == parts


@pytest.mark.parametrize("spec", ["", "hash", ":x", "static:"])
def test_a_name_without_type_or_name_is_none(spec: str) -> None:
    assert split_spec(spec) is None


def test_a_name_is_split_at_its_first_colon() -> None:
    assert split_spec("proxy:unix:passwd.byname") == ("proxy", "unix:passwd.byname")


@given(braces)
def test_any_text_is_taken_or_refused(text: str) -> None:
    try:
        inside = inside_braces(text)
    except BraceError:
        return
    assert inside in text
    assert inside.count("{") == inside.count("}")


@given(braces)
def test_what_is_put_in_braces_comes_out_again(text: str) -> None:
    if text.count("{") == 0 and text.count("}") == 0:
        assert inside_braces("{" + text + "}") == text.strip()
