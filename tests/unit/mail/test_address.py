"""Tests for pymail.mail.address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.mail.address import AddressSyntaxError, parse_path, quote
from tests.support.strategies import address_text, addresses, any_text


@pytest.mark.parametrize(
    ("argument", "address"),
    [
        pytest.param("<a@b>", "a@b", id="plain"),
        pytest.param(" <a@b>", "a@b", id="blank-before"),
        pytest.param("<>", "", id="null"),
        pytest.param("< >", "", id="null-with-blank"),
        pytest.param('<"">', "", id="null-quoted"),
        pytest.param("<@x,@y:a@b>", "a@b", id="source-route"),
        pytest.param('<"a b"@c>', "a b@c", id="quoted"),
        pytest.param("< a @ b >", "a@b", id="blanks-inside"),
        pytest.param("<a\\@b@c>", "a@b@c", id="escaped-at"),
        pytest.param("<a@b@c>", "a@b@c", id="two-ats"),
        pytest.param("<a.@b>", "a.@b", id="trailing-dot"),
        pytest.param("<@b>", "@b", id="empty-local-part"),
        pytest.param("<a:b@c>", "a:b@c", id="colon"),
        pytest.param("<a@[1.2.3.4]>", "a@[1.2.3.4]", id="literal"),
        pytest.param("<postmaster>", "postmaster", id="no-domain"),
        pytest.param("<é@b>", "é@b", id="utf-8"),
    ],
)
@pytest.mark.parametrize("strict", [False, True], ids=["tolerant", "strict"])
def test_path_in_brackets(argument: str, address: str, strict: bool) -> None:
    path = parse_path(argument, strict=strict)
    assert (path.address, path.parameters) == (address, ())


@pytest.mark.parametrize(
    ("argument", "address"),
    [
        pytest.param("a@b", "a@b", id="no-brackets"),
        pytest.param('"a b"@c', "a b@c", id="quoted-without-brackets"),
        pytest.param("Joe<a@b>", "a@b", id="phrase"),
        pytest.param('"Joe"<a@b>', "a@b", id="quoted-phrase"),
        pytest.param("<a@b>(c)", "a@b", id="comment-behind"),
        pytest.param("(c)<a@b>", "a@b", id="comment-before"),
        pytest.param("<a@b (c)>", "a@b", id="comment-inside"),
        pytest.param("a(b)@c", "a@c", id="comment-in-the-middle"),
        pytest.param("<<a@b>>", "a@b", id="two-brackets"),
        pytest.param("<a@b>>", "a@b", id="extra-bracket"),
        pytest.param("a@b>", "a@b", id="closing-bracket-only"),
        pytest.param("<a@b;>", "a@b", id="semicolon"),
        pytest.param("g:a@b;", "a@b", id="group"),
        pytest.param("a@b,", "a@b", id="comma-behind"),
    ],
)
def test_sloppy_path_is_only_taken_when_not_strict(argument: str, address: str) -> None:
    assert parse_path(argument).address == address
    with pytest.raises(AddressSyntaxError):
        parse_path(argument, strict=True)


@pytest.mark.parametrize(
    "argument",
    [
        "", "   ", "<a b@c>", "<a@b", "<a@b>x", "<a,b@c>", "a,b@c", "<a@b>,<c@d>", "<", '<a"b@c>', "<a@b>SIZE=1",
        "<a@b c>",
    ],
)  # fmt: skip
def test_path_with_no_or_several_addresses_is_refused(argument: str) -> None:
    with pytest.raises(AddressSyntaxError):
        parse_path(argument)


@pytest.mark.parametrize(
    ("argument", "parameters"),
    [
        pytest.param("<a@b> SIZE=1", ("SIZE=1",), id="one"),
        pytest.param("<a@b>  SIZE=1\tBODY=8BITMIME ", ("SIZE=1", "BODY=8BITMIME"), id="two"),
        pytest.param("a@b SIZE=1", ("SIZE=1",), id="no-brackets"),
        pytest.param("<a@b> (c)", ("(c)",), id="comment-is-a-parameter"),
        pytest.param('<"a b>c"@d> SIZE=1', ("SIZE=1",), id="bracket-in-quotes"),
    ],
)
def test_words_behind_the_path_are_parameters(argument: str, parameters: tuple[str, ...]) -> None:
    assert parse_path(argument).parameters == parameters


def test_the_first_word_is_kept_for_messages() -> None:
    assert parse_path("<@x:a@b> SIZE=1").text == "<@x:a@b>"


@given(addresses)
def test_path_of_a_quoted_address_is_that_address(address: str) -> None:
    if not address.startswith("@"):
        assert parse_path(f"<{quote(address)}>", strict=True).address == address


@given(st.one_of(any_text, address_text), st.booleans())
def test_any_argument_gives_a_path_or_the_declared_error(argument: str, strict: bool) -> None:
    try:
        path = parse_path(argument, strict=strict)
    except AddressSyntaxError:
        return
    assert path.text in argument
