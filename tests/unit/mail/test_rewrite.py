"""Tests for pymail.mail.rewrite."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from pymail.mail.quoting import quote
from pymail.mail.rewrite import RewriteRules, rewrite_address
from tests.support.strategies import address_text, addresses, any_text

_TABLE = Path(__file__).parents[2] / "golden" / "rewrite.tsv"
#: The contexts of the table: the first two with myorigin exam.test and append_dot_mydomain = no.
_CONTEXTS = {
    "local": RewriteRules("exam.test", "exam.test"),
    "remote": RewriteRules("", ""),
    "local-dot": RewriteRules("example.test", "example.test", append_dot=True),
    "remote-dot": RewriteRules("", "", append_dot=True),
}
_LOCAL = _CONTEXTS["local-dot"]


def _cases() -> list[list[str]]:
    lines = _TABLE.read_text(encoding="utf-8").split("\n")
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize(("context", "address", "rewritten"), _cases())
def test_rewrites_as_trivial_rewrite_does(context: str, address: str, rewritten: str) -> None:
    assert rewrite_address(address, _CONTEXTS[context]) == rewritten


@pytest.mark.parametrize(
    ("address", "rewritten"),
    [
        pytest.param("@x:@y:a@b", '"@y:a"@b.example.test', id="route-after-route"),
        pytest.param('"@x:a@b"', '"@x:a@b"@example.test', id="quoted-route"),
    ],
)
def test_what_is_left_of_a_route_is_quoted(address: str, rewritten: str) -> None:
    # Differs from Postfix: it leaves "@x:" outside the quotes, which makes another address of it.
    assert rewrite_address(address, _LOCAL) == rewritten


@pytest.mark.parametrize(
    ("rules", "address"),
    [
        pytest.param(RewriteRules("o.test", "d.test", append_at=False), "joe", id="append_at_myorigin"),
        pytest.param(RewriteRules("o.test", "d.test", append_dot=False), "joe@host", id="append_dot_mydomain"),
        pytest.param(RewriteRules("", "", swap_bangpath=False), "host!joe", id="swap_bangpath"),
        pytest.param(RewriteRules("", "", percent_hack=False), "joe%host", id="allow_percent_hack"),
    ],
)
def test_a_rule_that_is_off_changes_nothing(rules: RewriteRules, address: str) -> None:
    assert rewrite_address(address, rules) == address


@given(addresses)
def test_complete_address_is_not_rewritten_again(address: str) -> None:
    once = rewrite_address(quote(address), _LOCAL)
    assert rewrite_address(once, _LOCAL) == once


@given(any_text | address_text)
def test_any_text_is_rewritten(text: str) -> None:
    assert isinstance(rewrite_address(text, _LOCAL), str)
