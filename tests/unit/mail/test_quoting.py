"""Tests for pymail.mail.quoting."""

from __future__ import annotations

import pytest
from hypothesis import given

from pymail.mail.quoting import quote, quote_local, split_address, unquote
from tests.support.strategies import addresses, any_text, local_parts


@pytest.mark.parametrize(
    ("internal", "external"),
    [
        pytest.param("", "", id="null-address"),
        pytest.param("a@b.test", "a@b.test", id="plain"),
        pytest.param("a.b+c=d@b.test", "a.b+c=d@b.test", id="dot-atom"),
        pytest.param("a b@c", '"a b"@c', id="blank"),
        pytest.param("a..b@c", '"a..b"@c', id="two-dots"),
        pytest.param(".a@c", '".a"@c', id="leading-dot"),
        pytest.param("a.@c", '"a."@c', id="trailing-dot"),
        pytest.param("@c", '""@c', id="empty-local-part"),
        pytest.param("a@b@c", '"a@b"@c', id="at-in-local-part"),
        pytest.param('a"b@c', '"a\\"b"@c', id="quote"),
        pytest.param("a\\b@c", '"a\\\\b"@c', id="backslash"),
        pytest.param("été@c", "été@c", id="utf-8"),
        pytest.param("a b", '"a b"', id="no-domain"),
        pytest.param("a@[1.2.3.4]", "a@[1.2.3.4]", id="literal"),
    ],
)
def test_external_spelling_is_quoted_where_it_must_be(internal: str, external: str) -> None:
    assert quote(internal) == external
    assert unquote(external) == internal


@pytest.mark.parametrize(
    ("external", "internal"),
    [
        pytest.param('"a"@b', "a@b", id="needless-quotes"),
        pytest.param('a."b c".d@e', "a.b c.d@e", id="quotes-in-the-middle"),
        pytest.param("a\\@b@c", "a@b@c", id="escaped-at"),
        pytest.param('"a@b"', "a@b", id="all-quoted"),
        pytest.param('"abc', "abc", id="unterminated"),
        pytest.param('"a\\', "a", id="unterminated-escape"),
        pytest.param('""', "", id="null-address"),
    ],
)
def test_unquote_takes_any_spelling(external: str, internal: str) -> None:
    assert unquote(external) == internal


def test_empty_local_part_is_an_empty_quoted_string() -> None:
    assert quote_local("") == '""'


@pytest.mark.parametrize(
    ("address", "parts"),
    [("a@b", ("a", "b")), ("a@b@c", ("a@b", "c")), ("a", ("a", None)), ("", ("", None)), ("a@", ("a", ""))],
    ids=["plain", "two-ats", "no-domain", "null", "empty-domain"],
)
def test_split_at_the_last_at(address: str, parts: tuple[str, str | None]) -> None:
    assert split_address(address) == parts


@given(addresses)
def test_unquote_undoes_quote(address: str) -> None:
    assert unquote(quote(address)) == address


@given(local_parts)
def test_unquote_undoes_quote_without_domain(local: str) -> None:
    assert unquote(quote_local(local)) == local


@given(any_text)
def test_any_text_is_accepted(text: str) -> None:
    assert isinstance(quote(text), str)
    assert isinstance(unquote(text), str)
