"""Restrictions about the form and the domain of addresses."""

from __future__ import annotations

import pytest

from pymail.dns.answer import Answer, MxRecord, NullMxError, TryAgainError
from tests.support.smtpd_rig import Judge

OPEN = {"smtpd_reject_unlisted_recipient": "no"}


@pytest.mark.parametrize(
    ("address", "refused"),
    [
        ("a@b.test", False),
        ("a@b.test.", False),
        ("a@short", True),
        ("bare", True),
        ("a@[192.0.2.1]", False),
        ("a@-b.test", True),
        ("", False),
    ],
)
def test_non_fqdn_sender(address: str, refused: bool) -> None:
    judge = Judge.of({"smtpd_sender_restrictions": "reject_non_fqdn_sender"})
    judge.facts.sender = address
    expected = f"504 5.5.2 <{address}>: Sender address rejected: need fully-qualified address"
    assert judge.rcpt() == (expected if refused else "")


def test_non_fqdn_recipient() -> None:
    judge = Judge.of({"smtpd_recipient_restrictions": "reject_non_fqdn_recipient"})
    assert judge.rcpt("user") == "504 5.5.2 <user>: Recipient address rejected: need fully-qualified address"
    assert judge.rcpt("user@local.test") == ""


def test_domain_without_records() -> None:
    judge = Judge.of({"smtpd_sender_restrictions": "reject_unknown_sender_domain"})
    assert judge.rcpt() == "450 4.1.8 <a@sender.test>: Sender address rejected: Domain not found"
    judge.world.dns.answers["sender.test", "AAAA"] = Answer("sender.test", "AAAA", ("::1",), 60, False)
    assert judge.rcpt() == ""


def test_domain_with_mail_exchangers() -> None:
    judge = Judge.of({"smtpd_sender_restrictions": "reject_unknown_sender_domain"})
    judge.world.dns.answers["sender.test", "MX"] = Answer("sender.test", "MX", (MxRecord(1, "mx.test"),), 60, False)
    assert judge.rcpt() == ""


@pytest.mark.parametrize(
    ("lists", "answer"),
    [
        ("sender", "550 5.7.27 <a@sender.test>: Sender address rejected: Domain sender.test does not accept mail"),
        (
            "recipient",
            "556 5.1.10 <x@sender.test>: Recipient address rejected: Domain sender.test does not accept mail",
        ),
    ],
)
def test_domain_that_takes_no_mail(lists: str, answer: str) -> None:
    judge = Judge.of({f"smtpd_{lists}_restrictions": f"reject_unknown_{lists}_domain"})
    judge.world.dns.answers["sender.test", "MX"] = NullMxError("sender.test", "MX")
    assert judge.rcpt("x@sender.test") == f"{answer} (nullMX)"


def test_unknown_recipient_domain() -> None:
    judge = Judge.of({"smtpd_recipient_restrictions": "reject_unknown_recipient_domain"})
    assert judge.rcpt("x@nx.test") == "450 4.1.2 <x@nx.test>: Recipient address rejected: Domain not found"


def test_our_own_domains_are_not_looked_up() -> None:
    judge = Judge.of({"smtpd_sender_restrictions": "reject_unknown_sender_domain"})
    for sender in ("user@local.test", "v1@valias.test", "x@[192.0.2.1]", ""):
        judge.facts.sender = sender
        assert judge.rcpt() == ""


@pytest.mark.parametrize(("action", "other"), [("defer_if_permit", "554"), ("defer", "450")])
def test_domain_that_nobody_can_look_up(action: str, other: str) -> None:
    judge = Judge.of(
        {
            "smtpd_sender_restrictions": "reject_unknown_sender_domain",
            "unknown_address_tempfail_action": action,
            "smtpd_recipient_restrictions": "inline:{root@local.test=REJECT}",
        }
    )
    judge.world.dns.answers["sender.test", "MX"] = TryAgainError("sender.test", "MX")
    assert judge.rcpt().startswith("450 4.1.8")
    assert judge.rcpt("root@local.test")[:3] == other


def test_unlisted_addresses() -> None:
    judge = Judge.of(
        {
            "smtpd_sender_restrictions": "reject_unlisted_sender",
            "smtpd_recipient_restrictions": "reject_unlisted_recipient",
            **OPEN,
        }
    )
    assert judge.rcpt("nosuch@local.test").startswith("550 5.1.1 <nosuch@local.test>: Recipient address rejected")
    judge.facts.sender = "nosuch@vmb.test"
    assert judge.rcpt() == (
        "550 5.1.0 <nosuch@vmb.test>: Sender address rejected: User unknown in virtual mailbox table"
    )


def test_resolver_that_is_away() -> None:
    judge = Judge.of({"smtpd_sender_restrictions": "reject_unknown_sender_domain", "virtual_alias_domains": "fail:x"})
    assert judge.rcpt() == "451 4.3.0 <a@sender.test>: Temporary lookup failure"
