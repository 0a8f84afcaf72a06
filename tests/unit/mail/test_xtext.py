"""Tests for pymail.mail.xtext."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.mail.xtext import DsnError, decode_unitext, decode_xtext, encode_unitext, encode_xtext
from tests.support.strategies import any_text


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        pytest.param("abc", "abc", id="plain"),
        pytest.param("a+b=c d", "a+2Bb+3Dc+20d", id="specials"),
        pytest.param("é", "+C3+A9", id="utf-8"),
        pytest.param("a\x7f\n", "a+7F+0A", id="controls"),
        pytest.param("", "", id="empty"),
    ],
)
def test_xtext(text: str, encoded: str) -> None:
    assert encode_xtext(text) == encoded
    assert decode_xtext(encoded) == text


@pytest.mark.parametrize(("text", "decoded"), [("a=b", "a=b"), ("a+2bb", "a+b")])
def test_what_postfix_takes_too(text: str, decoded: str) -> None:
    assert decode_xtext(text) == decoded


@pytest.mark.parametrize("text", ["a+", "a+2", "a+zz", "a b", "é", "a\n", "++2B"])
def test_malformed_xtext_is_refused(text: str) -> None:
    with pytest.raises(DsnError):
        decode_xtext(text)


@pytest.mark.parametrize(
    "text", ["\\", "\\x", "\\x{}", "\\x{zz}", "\\x{110000}", "\\x{D800}", "a\\b", "\\x{5C"], ids=repr
)
def test_malformed_unitext_is_refused(text: str) -> None:
    with pytest.raises(DsnError):
        decode_unitext(text)


def test_unitext() -> None:
    assert encode_unitext("é+ \\", ascii_only=True) == "\\x{E9}\\x{2B}\\x{20}\\x{5C}"
    assert encode_unitext("é+") == "é\\x{2B}"
    assert decode_unitext("\\x{E9}é\\x{5C}") == "éé\\"


@given(any_text)
def test_decoding_undoes_encoding(text: str) -> None:
    assert decode_xtext(encode_xtext(text)) == text


@given(st.text(max_size=20), st.booleans())
def test_unitext_decoding_undoes_encoding(text: str, ascii_only: bool) -> None:
    assert decode_unitext(encode_unitext(text, ascii_only=ascii_only)) == text


@given(st.text(st.sampled_from(list("+2BF=a\\x{}é\ud800")), max_size=20))
def test_any_text_is_decoded_or_refused(text: str) -> None:
    for decode in (decode_xtext, decode_unitext):
        try:
            assert isinstance(decode(text), str)
        except DsnError:
            pass
