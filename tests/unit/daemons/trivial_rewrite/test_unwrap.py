"""For whom an address really is."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.daemons.trivial_rewrite.unwrap import TooDeepError, Unwrapped, UnwrapRules, unwrap
from pymail.mail.rewrite import RewriteRules
from tests.support.strategies import address_text, addresses, any_text

REWRITE = RewriteRules("origin.test", "test")
RULES = UnwrapRules(REWRITE, "mx.test")
OURS = frozenset({"ours.test", "mx.test"})


def unwrapped(address: str, rules: UnwrapRules = RULES, ours: frozenset[str] = OURS) -> Unwrapped:
    async def is_local(domain: str) -> bool:
        return domain.lower() in ours

    return asyncio.run(unwrap(address, rules, is_local))


@pytest.mark.parametrize(
    ("address", "recipient", "domain"),
    [
        pytest.param("joe@far.test", "joe@far.test", "far.test", id="plain"),
        pytest.param("joe@ours.test", "joe@ours.test", None, id="ours"),
        pytest.param("joe@OURS.test", "joe@OURS.test", None, id="ours-in-capitals"),
        pytest.param("joe", "joe@mx.test", None, id="no-domain"),
        pytest.param("", "MAILER-DAEMON@mx.test", None, id="empty"),
        pytest.param("joe@far.test.", "joe@far.test", "far.test", id="final-dot"),
        pytest.param("joe@far.test..", "joe@far.test..", "far.test..", id="two-final-dots-are-a-fault"),
        pytest.param("joe@", "joe@", "", id="nothing-behind-the-at"),
        pytest.param("joe%far.test@ours.test", "joe@far.test", "far.test", id="percent"),
        pytest.param("joe%far.test@far.test", "joe%far.test@far.test", "far.test", id="percent-for-others"),
        pytest.param("far.test!joe@ours.test", "joe@far.test", "far.test", id="bang"),
        pytest.param("far.test!joe", "joe@far.test", "far.test", id="bang-without-domain"),
        pytest.param("joe@far.test@ours.test", "joe@far.test", "far.test", id="at-inside"),
        pytest.param("joe@far.test@ours.test@ours.test", "joe@far.test", "far.test", id="at-inside-twice"),
        pytest.param("joe%a.test%ours.test@ours.test", "joe@a.test", "a.test", id="percent-twice"),
        pytest.param("joe%ours.test@ours.test", "joe@ours.test", None, id="ends-at-us"),
        pytest.param("a b@far.test", "a b@far.test", "far.test", id="blank"),
        pytest.param("a b@ours.test", "a b@ours.test", None, id="blank-ours"),
        pytest.param("@far.test:joe@ours.test", "joe@ours.test", None, id="source-route"),
        pytest.param("@ours.test:joe@far.test", "joe@far.test", "far.test", id="source-route-by-us"),
        pytest.param("joe@[10.0.0.1]", "joe@[10.0.0.1]", "[10.0.0.1]", id="literal"),
    ],
)
def test_what_hides_in_an_address_of_ours_is_found(address: str, recipient: str, domain: str | None) -> None:
    found = unwrapped(address)
    assert (found.recipient, found.domain) == (recipient, domain)


@pytest.mark.parametrize(
    ("address", "change", "recipient"),
    [
        pytest.param("joe%far.test@ours.test", {"percent": False}, "joe%far.test@ours.test", id="no-percent-hack"),
        pytest.param("far.test!joe@ours.test", {"bang": False}, "far.test!joe@ours.test", id="no-bang-path"),
        pytest.param("joe@far.test@ours.test", {"dequoted": False}, "joe@far.test@ours.test", id="quoted-as-it-is"),
        pytest.param("joe@", {"null_domain": True}, "joe@origin.test", id="null-domain"),
        pytest.param("joe@10.0.0.1", {"numeric_domain": True}, "joe@[10.0.0.1]", id="numeric-domain"),
        pytest.param("", {"empty_recipient": "nobody"}, "nobody@mx.test", id="empty-recipient"),
    ],
)
def test_parameters_change_what_is_found(address: str, change: dict[str, str | bool], recipient: str) -> None:
    names = {"percent": "percent_hack", "bang": "swap_bangpath"}
    rewrite = replace(REWRITE, **{names[key]: value for key, value in change.items() if key in names})
    rules = replace(RULES, rewrite=rewrite, **{key: value for key, value in change.items() if key not in names})
    assert unwrapped(address, rules).recipient == recipient


def test_a_user_without_domain_is_remote_where_our_own_name_is() -> None:
    assert unwrapped("joe", ours=frozenset()) == Unwrapped("joe@mx.test", "mx.test")


def test_an_address_without_end_is_given_up() -> None:
    with pytest.raises(TooDeepError):
        unwrapped("joe" + "%ours.test" * 120 + "@ours.test")


@given(st.one_of(address_text, addresses, any_text))
def test_any_text_is_unwrapped_or_too_deep(address: str) -> None:
    try:
        found = unwrapped(address)
    except TooDeepError:
        return
    assert found.recipient
    assert found.domain is None or found.domain.lower() not in OURS
