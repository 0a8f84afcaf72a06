"""No open relay: what strangers may send where. See also the transcripts no_open_relay*."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.ipc.rewrite import ResolveFlag, ResolveReply
from tests.support.smtpd_rig import Judge

STRANGERS = {"mynetworks": "192.0.2.1"}
REJECTING = {**STRANGERS, "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination"}


@pytest.mark.parametrize(
    ("recipient", "accepted"),
    [
        ("user@local.test", True),
        ("user", True),
        ("v1@valias.test", True),
        ("v1@vmb.test", True),
        ("ok@relay.test", True),
        ("ok%relay.test@local.test", True),
        ("x@foreign.test", False),
        ("x%foreign.test", False),
        ("foreign.test!x", False),
        ("x%foreign.test@local.test", False),
        ("foreign.test!x@local.test", False),
        ("x@foreign.test@local.test", False),
        ("x@foreign.test@relay.test", False),
        ("x%foreign.test@relay.test", False),
        ("foreign.test!x@relay.test", False),
        ("x%foreign.test@[127.0.0.1]", False),
        ("x@foreign.test@[127.0.0.1]", False),
        ("x@[192.0.2.9]", False),
        ("ok@relay.test@foreign.test", False),
        ("ok%relay.test%foreign.test", False),
    ],
)
def test_strangers_reach_only_our_domains(recipient: str, accepted: bool) -> None:
    answer = Judge.of(REJECTING).rcpt(recipient)
    assert answer == ("" if accepted else f"554 5.7.1 <{recipient}>: Relay access denied")


@given(
    st.text(st.sampled_from('ab@%!."\\:,<> '), max_size=12),
    st.sampled_from(["", "@local.test", "@relay.test", "@valias.test", "@[127.0.0.1]", "%local.test", "!local.test"]),
)
def test_no_spelling_reaches_a_foreign_domain(local: str, domain: str) -> None:
    judge = Judge.of(REJECTING)
    for recipient in (
        f"{local}@foreign.test{domain}",
        f"{local}%foreign.test{domain}",
        f"foreign.test!{local}{domain}",
    ):
        assert judge.rcpt(recipient) != ""


def test_deferring_says_the_same_for_now() -> None:
    assert Judge.of(STRANGERS).rcpt("x@foreign.test") == "454 4.7.1 <x@foreign.test>: Relay access denied"


def test_friends_may_relay() -> None:
    assert Judge.of().rcpt("x@foreign.test") == ""


def test_permit_auth_destination() -> None:
    judge = Judge.of({**STRANGERS, "smtpd_relay_restrictions": "permit_auth_destination, reject"})
    assert judge.rcpt("ok@relay.test") == ""
    assert judge.rcpt("x@foreign.test").startswith("554 5.7.1")


def test_untrusted_routing_may_be_allowed() -> None:
    judge = Judge.of({**REJECTING, "allow_untrusted_routing": "yes", "relay_recipient_maps": ""})
    assert judge.rcpt("x%foreign.test@relay.test") == ""
    assert judge.rcpt("x@foreign.test") != ""


def test_table_does_not_permit_an_address_with_a_route() -> None:
    settings = {
        **STRANGERS,
        "smtpd_relay_restrictions": "check_recipient_access inline:{relay.test=OK}, reject_unauth_destination",
        "relay_recipient_maps": "",
    }
    assert Judge.of(settings).rcpt("ok@relay.test") == ""
    for recipient in ("x%foreign.test@relay.test", "x@foreign.test@relay.test", "foreign.test!x@relay.test"):
        assert Judge.of(settings).rcpt(recipient) != ""


class Liar:
    """A resolver that does not tell that an address has a route."""

    def cached(self, sender: str, address: str) -> ResolveReply | None:
        return ResolveReply("relay", "relay.test", "x%foreign.test@relay.test", ResolveFlag.CLASS_RELAY)

    async def resolve(self, sender: str, address: str) -> ResolveReply:
        raise AssertionError


def test_route_is_seen_here_too() -> None:
    judge = Judge.of(REJECTING)
    object.__setattr__(judge.access._shared, "resolver", Liar())
    assert judge.rcpt("x%foreign.test@relay.test").endswith("Relay access denied")


def test_lookup_failure_is_no_permission() -> None:
    judge = Judge.of({**REJECTING, "virtual_alias_domains": "fail:x"})
    assert judge.rcpt("x@foreign.test") == "451 4.3.0 <x@foreign.test>: Temporary lookup failure"
