"""Which addresses of ours exist."""

from __future__ import annotations

import pytest

from tests.support.smtpd_rig import Judge


@pytest.mark.parametrize(
    ("recipient", "table"),
    [
        ("user@local.test", ""),
        ("user+ext@local.test", ""),
        ("USER@Local.Test", ""),
        ("nosuch@local.test", "local recipient"),
        ("postmaster@local.test", ""),
        ("MAILER-DAEMON@local.test", ""),
        ("double-bounce@local.test", ""),
        ("user@[127.0.0.1]", ""),
        ("v1@valias.test", ""),
        ("nosuch@valias.test", "virtual alias"),
        ("v1@vmb.test", ""),
        ("nosuch@vmb.test", "virtual mailbox"),
        ("ok@relay.test", ""),
        ("nosuch@relay.test", "relay recipient"),
        ("anybody@foreign.test", ""),
    ],
)
def test_tables_of_each_class(recipient: str, table: str) -> None:
    text = f"550 5.1.1 <{recipient}>: Recipient address rejected: User unknown in {table} table"
    assert Judge.of().rcpt(recipient) == (text if table else "")


@pytest.mark.parametrize(
    ("name", "recipient"),
    [
        ("local_recipient_maps", "x@local.test"),
        ("virtual_mailbox_maps", "x@vmb.test"),
        ("relay_recipient_maps", "x@relay.test"),
    ],
)
def test_empty_table_accepts_all(name: str, recipient: str) -> None:
    settings = {name: "", "virtual_mailbox_domains": "vmb.test"}
    assert Judge.of(settings).rcpt(recipient) == ""


@pytest.mark.parametrize("name", ["canonical_maps", "recipient_canonical_maps", "virtual_alias_maps"])
def test_address_that_is_rewritten_exists(name: str) -> None:
    assert Judge.of({name: "inline:{nosuch@local.test=x}"}).rcpt("nosuch@local.test") == ""


def test_sender_canonical_maps_are_for_senders() -> None:
    settings = {"sender_canonical_maps": "inline:{nosuch@local.test=x}", "smtpd_reject_unlisted_sender": "yes"}
    judge = Judge.of(settings)
    assert judge.rcpt("nosuch@local.test") != ""
    judge.facts.sender = "nosuch@local.test"
    assert judge.rcpt() == ""


@pytest.mark.parametrize(
    ("recipient", "answer"),
    [
        ("u@err.test", "550 5.7.9 <u@err.test>: Recipient address rejected: custom text"),
        ("u@retry.test", "450 4.2.9 <u@retry.test>: Recipient address rejected: later"),
        ("u@plain.test", "550 5.1.1 <u@plain.test>: Recipient address rejected: plain"),
    ],
)
def test_transports_that_never_deliver(recipient: str, answer: str) -> None:
    assert Judge.of().rcpt(recipient) == answer


def test_codes_are_parameters_and_the_table_may_stay_unnamed() -> None:
    settings = {"unknown_local_recipient_reject_code": "450", "show_user_unknown_table_name": "no"}
    assert Judge.of(settings).rcpt("nosuch@local.test") == (
        "450 4.1.1 <nosuch@local.test>: Recipient address rejected: User unknown"
    )


@pytest.mark.parametrize("name", ["local_recipient_maps", "virtual_alias_maps", "canonical_maps"])
def test_failing_table_is_a_temporary_failure(name: str) -> None:
    assert Judge.of({name: "fail:x", "virtual_alias_domains": ""}).rcpt() == (
        "451 4.3.0 <user@local.test>: Temporary lookup failure"
    )


def test_address_that_cannot_be_is_refused() -> None:
    assert Judge.of().rcpt("x@foreign.test%local.test").startswith(("501", "450", "550"))
