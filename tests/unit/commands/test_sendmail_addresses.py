"""Addresses and names on sendmail's command line."""

from __future__ import annotations

import pwd

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.commands.sendmail_addresses import full_name, one_line, parse_addresses
from pymail.mail.address_list import extract_addresses


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("bob", ["bob"]),
        ("a!b%c@d", ["a!b%c@d"]),
        ("Bob <b@x>", ["b@x"]),
        ('"a b"@c, d e', ["a b@c", "d", "e"]),
        ("", [""]),
        ("<>", [""]),
        ("(comment)", [""]),
        ("ü@x", ["ü@x"]),
    ],
)
def test_a_word_may_hold_several_addresses(text: str, addresses: list[str]) -> None:
    assert parse_addresses(text) == addresses


@given(st.text(st.sampled_from("ab.@!%+-=_/{}*1"), min_size=1, max_size=12))
def test_the_short_cut_and_the_parser_agree(text: str) -> None:
    assert parse_addresses(text) == extract_addresses(text)


ENTRY = pwd.struct_passwd(("joe", "x", 1, 1, "& Doe,Room 1,", "/", "/bin/sh"))


def test_the_name_of_a_user_is_in_the_account() -> None:
    assert full_name(ENTRY, {}) == "Joe Doe"
    assert full_name(None, {}) is None
    assert full_name(ENTRY, {"NAME": "J. D."}) == "J. D."


def test_control_characters_become_blanks() -> None:
    assert one_line("a\nb\x7f c") == "a b  c"
