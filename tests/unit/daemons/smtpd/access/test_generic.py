"""Restrictions that fit any list."""

from __future__ import annotations

import pytest

from tests.support.smtpd_rig import Judge


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("permit", ""),
        ("reject", "554 5.7.1 <a@sender.test>: Sender address rejected: Access denied"),
        ("defer", "450 4.3.2 <a@sender.test>: Sender address rejected: Try again later"),
        ("defer_if_permit", "450 4.7.0 <a@sender.test>: Sender address rejected: defer_if_permit requested"),
        ("defer_if_reject", ""),
        ("defer_if_reject, reject", "450 4.7.0 <a@sender.test>: Sender address rejected: defer_if_reject requested"),
        ("reject_plaintext_session", "450 4.7.1 Session encryption is required"),
        ("nonsense", "451 4.3.5 Server configuration error"),
        ("check_policy_service inet:x:1", "451 4.3.5 Server configuration error"),
    ],
)
def test_answers(word: str, answer: str) -> None:
    assert Judge.of({"smtpd_sender_restrictions": word}).rcpt() == answer


@pytest.mark.parametrize(
    ("protocol", "where", "is_ahead", "refused"),
    [
        ("SMTP", "RCPT", True, True),
        ("ESMTP", "RCPT", True, False),
        ("ESMTP", "DATA", True, True),
        ("SMTP", "RCPT", False, False),
    ],
)
def test_unauthorised_pipelining(protocol: str, where: str, is_ahead: bool, refused: bool) -> None:
    judge = Judge.of({"smtpd_sender_restrictions": "reject_unauth_pipelining"})
    judge.facts.protocol, judge.facts.where, judge.facts.is_ahead = protocol, where, is_ahead
    answer = judge.rcpt()
    assert answer.startswith("503 5.5.0") == refused


def test_report_for_many() -> None:
    judge = Judge.of({"smtpd_recipient_restrictions": "reject_multi_recipient_bounce"})
    judge.facts.recipient_count = 1
    assert judge.rcpt() == ""
    judge.facts.sender = ""
    assert judge.rcpt() == "550 5.5.3 <user@local.test>: Recipient address rejected: Multi-recipient bounce"


def test_class_that_calls_itself_ends() -> None:
    judge = Judge.of(
        {"smtpd_restriction_classes": "c", "c": "defer_if_reject, c", "smtpd_sender_restrictions": "c, permit"}
    )
    assert judge.rcpt() == "451 4.3.5 Server configuration error"
    assert judge.world.lines[0] == "warning: restriction class c causes unreasonable recursion"
