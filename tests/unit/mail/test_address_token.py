"""Tests for pymail.mail.address_token."""

from __future__ import annotations

import pytest
from hypothesis import given

from pymail.mail.address_token import Kind, external_text, internal_text, tokenize
from tests.support.strategies import header_text

_SHORT = {Kind.ATOM: "a", Kind.QUOTED: "q", Kind.LITERAL: "l", Kind.COMMENT: "c", Kind.OPERATOR: "o"}


def _shape(text: str, *, bare: bool = False) -> list[str]:
    return [f"{_SHORT[token.kind]}:{token.text}" for token in tokenize(text, bare=bare)]


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        pytest.param("a.b@c", ["a:a", "o:.", "a:b", "o:@", "a:c"], id="address"),
        pytest.param('"a \\"b"', ['q:a "b'], id="quoted"),
        pytest.param('"abc', ["q:abc"], id="unterminated-quoted"),
        pytest.param('"abc\\', ["q:abc"], id="unterminated-escape"),
        pytest.param("(a (b) c)d", ["c:(a (b) c)", "a:d"], id="nested-comment"),
        pytest.param("(a\\)b)", ["c:(a\\)b)"], id="escape-in-comment"),
        pytest.param("(abc", ["c:(abc"], id="unterminated-comment"),
        pytest.param("a)", ["a:a", "a:)"], id="stray-parenthesis"),
        pytest.param("[1.2 .3]", ["l:[1.2 .3]"], id="literal"),
        pytest.param("[1.2", ["l:[1.2]"], id="unterminated-literal"),
        pytest.param("a\\,b", ["a:a,b"], id="escape-in-atom"),
        pytest.param("a\\", ["a:a"], id="escape-at-the-end"),
        pytest.param(" \r\n\ta\n", ["a:a"], id="white-space"),
        pytest.param("(a\r\n b)", ["c:(a  b)"], id="folded-comment"),
    ],
)
def test_tokens_of_a_header(text: str, shape: list[str]) -> None:
    assert _shape(text) == shape


def test_a_bare_address_has_no_comments() -> None:
    assert _shape("a(b)", bare=True) == ["a:a", "a:(b)"]


def test_spellings() -> None:
    tokens = tokenize('Joe  "x y" . a\\,b,c <')
    assert external_text(tokens) == 'Joe "x y"."a,b", c <'
    assert internal_text(tokens) == "Joe x y.a,b, c <"


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        pytest.param('|"cmd arg"', '|"cmd arg"', id="command"),
        pytest.param('| "cmd arg"', '|"cmd arg"', id="blank-behind"),
        pytest.param('a, | "b c" d', 'a, |"b c" d', id="in-a-list"),
        pytest.param("a | b", "a|b", id="between-atoms"),
        pytest.param("|<a@b>", "| <a@b>", id="before-an-angle"),
        pytest.param('"|" "b"', '"|" "b"', id="quoted"),
    ],
)
def test_a_bar_has_no_blanks_around_it(text: str, spelling: str) -> None:
    assert external_text(tokenize(text)) == spelling


@given(header_text)
def test_external_spelling_gives_the_same_tokens(text: str) -> None:
    tokens = [token for token in tokenize(text) if token.kind is not Kind.COMMENT]
    again = tokenize(external_text(tokens))
    assert internal_text(again) == internal_text(tokens)
