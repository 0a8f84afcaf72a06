"""For whom an address is. The cases were compared with Postfix 3.7."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given

from pymail.daemons.trivial_rewrite.unwrap import TooDeepError, Unwrapped, UnwrapRules, unwrap
from pymail.mail.rewrite import RewriteRules
from tests.support.strategies import address_text

LOCAL = RewriteRules("exam.test", "exam.test")
RULES = UnwrapRules(LOCAL, "mta.exam.test")


async def is_local(domain: str) -> bool:
    return domain.lower() in ("mta.exam.test", "local.test", "[127.0.0.1]")


def unwrapped(address: str, rules: UnwrapRules = RULES) -> Unwrapped:
    return asyncio.run(unwrap(address, rules, is_local))


@pytest.mark.parametrize(
    ("address", "recipient", "domain"),
    [
        ("joe", "joe@mta.exam.test", None),
        ("", "MAILER-DAEMON@mta.exam.test", None),
        ("@local.test", "MAILER-DAEMON@local.test", None),
        ("@relay.test", "@relay.test", "relay.test"),
        ("a@local.test", "a@local.test", None),
        ("A@LOCAL.TEST", "A@LOCAL.TEST", None),
        ("a b@local.test", "a b@local.test", None),
        ("a@b.", "a@b", "b"),
        ("a@b..", "a@b..", "b.."),
        ("joe@", "joe@", ""),
        ('joe@""', "joe@", ""),
        ('joe%relay.test@""', "joe%relay.test@", ""),
        ("@", "MAILER-DAEMON@", ""),
        ("a@b@", "a@b", "b"),
        ("a@b@c", "a@b@c", "c"),
        ("x@relay.test@local.test", "x@relay.test", "relay.test"),
        ("a%b", "a@b", "b"),
        ("a%b@local.test", "a@b", "b"),
        ("a%b@relay.test", "a%b@relay.test", "relay.test"),
        ("a%b%c@local.test", "a%b@c", "c"),
        ("a!b", "b@a", "a"),
        ("a!b!c", "b!c@a", "a"),
        ("a!b@local.test", "b@a", "a"),
        ("x!", "@x", "x"),
        ("!x", "x@", ""),
        ('"x!y"@local.test', "x!y@exam.test", "exam.test"),
        ('"x y%z"@local.test', '"x y@z ', "z "),
        ("@x:a@local.test", "a@exam.test", "exam.test"),
        ("@x:y%z@local.test", "y@z", "z"),
        ("a@[127.0.0.1", "a@[127.0.0.1]", None),
        ("a..b@relay.test", "a..b@relay.test", "relay.test"),
        ("a,b@c", "a,b@c", "c"),
    ],
)
def test_recipients(address: str, recipient: str, domain: str | None) -> None:
    found = unwrapped(address)
    assert found.recipient == recipient
    assert found.domain is None if domain is None else (found.domain or "").strip() == domain.strip()


def test_a_quoted_at_sign_is_looked_at_unless_told_otherwise() -> None:
    assert unwrapped("a@b@local.test").recipient == "a@b"
    assert unwrapped("a@b@local.test", replace(RULES, dequoted=False)).recipient == "a@b@local.test"


def test_percent_and_bang_mean_nothing_where_they_are_off() -> None:
    plain = replace(RULES, rewrite=replace(LOCAL, percent_hack=False, swap_bangpath=False), dequoted=False)
    assert unwrapped("a%b@local.test", plain) == Unwrapped("a%b@local.test", None)
    assert unwrapped("a!b", plain) == Unwrapped("a!b@mta.exam.test", None)


def test_a_missing_domain_can_mean_this_host() -> None:
    rules = replace(RULES, null_domain=True)
    assert unwrapped("a@", rules) == Unwrapped("a@mta.exam.test", None)
    assert unwrapped("user%@local.test", rules) == Unwrapped("user@local.test", None)


def test_a_bare_ip_address_can_get_brackets() -> None:
    rules = replace(RULES, numeric_domain=True)
    assert unwrapped("a@1.2.3.4", rules) == Unwrapped("a@[1.2.3.4]", "[1.2.3.4]", numeric=True)
    assert unwrapped("a@127.0.0.1", rules) == Unwrapped("a@[127.0.0.1]", None)
    assert unwrapped("a@1.2.3", rules) == Unwrapped("a@1.2.3", "1.2.3")


def test_this_host_need_not_be_local() -> None:
    assert unwrapped("joe", replace(RULES, myhostname="h.test")) == Unwrapped("joe@h.test", "h.test")


def test_an_address_without_end_is_given_up() -> None:
    async def everything(_domain: str) -> bool:
        return True

    rules = replace(RULES, rewrite=replace(LOCAL, swap_bangpath=True, percent_hack=True))
    address = "x" + "@local.test" * 250
    with pytest.raises(TooDeepError):
        asyncio.run(unwrap(address, rules, everything))


@given(address_text)
def test_any_address_comes_to_an_end(address: str) -> None:
    found = unwrapped(address)
    assert "@" in found.recipient
