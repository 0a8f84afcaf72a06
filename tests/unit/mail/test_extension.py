"""Tests for pymail.mail.extension."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.mail.extension import add_extension, delimiter_of, extension_with_delimiter, split_extension
from tests.support.strategies import local_parts


@pytest.mark.parametrize(
    ("local", "delimiters", "parts"),
    [
        pytest.param("joe+x", "+", ("joe", "x"), id="plain"),
        pytest.param("joe", "+", ("joe", None), id="no-extension"),
        pytest.param("joe+x", "", ("joe+x", None), id="no-delimiter"),
        pytest.param("joe+", "+", ("joe", ""), id="empty-extension"),
        pytest.param("+x", "+", ("+x", None), id="delimiter-at-the-start"),
        pytest.param("joe+x+y", "+", ("joe", "x+y"), id="first-delimiter"),
        pytest.param("joe-x+y", "+-", ("joe", "x+y"), id="first-of-two-delimiters"),
        pytest.param("owner-list", "-", ("owner-list", None), id="owner"),
        pytest.param("list-request", "-", ("list-request", None), id="request"),
        pytest.param("owner-list+x", "+", ("owner-list", "x"), id="owner-with-other-delimiter"),
        pytest.param("Mailer-Daemon", "-", ("Mailer-Daemon", None), id="mailer-daemon"),
        pytest.param("double-bounce", "-", ("double-bounce", None), id="double-bounce"),
        pytest.param("postmaster", "s", ("postmaster", None), id="postmaster"),
    ],
)
def test_split(local: str, delimiters: str, parts: tuple[str, str | None]) -> None:
    assert split_extension(local, delimiters) == parts


def test_owner_request_special_can_be_off() -> None:
    assert split_extension("owner-list", "-", owner_request_special=False) == ("owner", "list")


@pytest.mark.parametrize(
    ("address", "extended"), [("a@b", "a+x@b"), ("a", "a+x"), ("a@b@c", "a@b+x@c")], ids=["plain", "bare", "two-ats"]
)
def test_extension_is_put_behind_the_local_part(address: str, extended: str) -> None:
    assert add_extension(address, "+x") == extended
    assert add_extension(address, "") == address


@given(local_parts, st.sampled_from(["+", "-", "+-", "="]))
def test_parts_put_together_give_the_local_part(local: str, delimiters: str) -> None:
    user, extension = split_extension(local, delimiters)
    if extension is not None:
        assert user + delimiter_of(local, delimiters) + extension == local
        assert extension_with_delimiter(local, user) == delimiter_of(local, delimiters) + extension
    else:
        assert user == local
