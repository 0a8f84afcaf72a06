"""Tests for pymail.mail.address_list."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.mail.address_list import extract_addresses, rewrite_header_addresses
from pymail.mail.quoting import quote
from pymail.mail.rewrite import RewriteRules, rewrite_address
from tests.support.strategies import addresses, header_text

_TABLE = Path(__file__).parents[2] / "golden" / "header_addresses.tsv"
_RULES = RewriteRules("example.test", "example.test", append_dot=True)


def _cases() -> list[list[str]]:
    lines = _TABLE.read_text(encoding="utf-8").split("\n")
    return [[json.loads(cell) for cell in line.split("\t")] for line in lines if line and not line.startswith("#")]


def _complete(address: str) -> str:
    return rewrite_address(address, _RULES)


@pytest.mark.parametrize(("body", "written"), _cases())
def test_header_is_rewritten_as_cleanup_does(body: str, written: str) -> None:
    rewritten = rewrite_header_addresses(body, _complete, column=len("To: "))
    assert (body if rewritten is body else " " + rewritten) == written


def test_an_unchanged_header_is_the_same_object() -> None:
    body = " a@b.c,\n  (x) D <d@e.f> ;"
    assert rewrite_header_addresses(body, _complete) is body


@pytest.mark.parametrize(
    ("body", "found"),
    [
        pytest.param("a@b, Joe <c@d>, (x) e@f (y)", ["a@b", "c@d", "e@f"], id="list"),
        pytest.param("g: a@b, <c@d>;, e@f", ["a@b", "c@d", "e@f"], id="group"),
        pytest.param("undisclosed-recipients:;", [], id="empty-group"),
        pytest.param('"Joe, X" <"a b"@c>', ["a b@c"], id="quoted"),
        pytest.param("joe jim", ["joe", "jim"], id="commas-left-out"),
        pytest.param("<>, a@b", ["a@b"], id="null-address"),
        pytest.param("a@b\n (x\n y), c@[1.2.3.4]", ["a@b", "c@[1.2.3.4]"], id="folded"),
        pytest.param("", [], id="empty"),
    ],
)
def test_addresses_are_extracted_in_internal_spelling(body: str, found: list[str]) -> None:
    assert extract_addresses(body) == found


@pytest.mark.parametrize(
    ("body", "rewritten"),
    [
        pytest.param("x" * 247 + " <a>", "x" * 247 + " <a@example.test>", id="at-the-limit"),
        pytest.param("x" * 248 + " <a>", "<a@example.test>", id="long-phrase"),
        pytest.param("(" + "x" * 248 + ") a", "<a@example.test>", id="long-comment"),
        pytest.param("Joe (c) <a> (d" + "x" * 300 + "), b", "<a@example.test>, b@example.test", id="one-of-two"),
        pytest.param("x" * 300, "x" * 300 + "@example.test", id="long-address"),
    ],
)
def test_too_much_text_around_an_address_is_dropped(body: str, rewritten: str) -> None:
    assert rewrite_header_addresses(body, _complete) == rewritten


def test_two_groups_that_touch_are_both_rewritten() -> None:
    # Differs from Postfix: it takes "a:b;c" for the name of the second group.
    assert rewrite_header_addresses("a:b;c:d;", _complete) == "a: b@example.test;c: d@example.test;"


@given(st.lists(addresses.filter(lambda address: not address.startswith("@")), min_size=1, max_size=5))
def test_quoted_addresses_are_found_again(members: list[str]) -> None:
    assert extract_addresses(", ".join(map(quote, members))) == members
    assert extract_addresses(", ".join(f"N <{quote(member)}>" for member in members)) == members


@given(header_text)
def test_any_body_is_rewritten_and_read(body: str) -> None:
    rewritten = rewrite_header_addresses(body, lambda address: "new@x.test")
    assert all(address == "new@x.test" for address in extract_addresses(rewritten) if rewritten is not body)


@given(header_text)
def test_identity_leaves_any_body_as_it_is(body: str) -> None:
    assert rewrite_header_addresses(body, lambda address: address) is body
