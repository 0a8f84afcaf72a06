"""One evaluation of a list."""

from __future__ import annotations

import pytest

from pymail.daemons.smtpd.access.facts import Refusal, Verdict
from pymail.daemons.smtpd.access.run import TEXT_LIMIT, refuse
from pymail.ipc.errors import ServiceError
from tests.support.smtpd_rig import Judge, settled

TAIL = "from=<a@sender.test> to=<user@local.test> proto=ESMTP helo=<client.test>"


def refused(code: int, status: str, text: str, settings: dict[str, str] | None = None) -> tuple[str, str]:
    """Return the reply and the last line of the log."""
    judge = Judge.of(settings)
    judge.facts.recipient = "user@local.test"
    assert refuse(judge.access._shared, judge.facts, Refusal(code, status, text)) is Verdict.REJECT
    assert judge.facts.refusal is not None
    return judge.facts.refusal.text, judge.world.lines[-1]


def test_refusal_is_logged_as_it_is_sent() -> None:
    reply, line = refused(554, "5.7.1", "no")
    assert reply == "554 5.7.1 no"
    assert line == f"NOQUEUE: reject: RCPT from localhost[127.0.0.1]: 554 5.7.1 no; {TAIL}"


@pytest.mark.parametrize(
    ("code", "status", "text", "reply"),
    [
        pytest.param(450, "5.7.1", "x", "450 4.7.1 x", id="class-of-the-status"),
        pytest.param(250, "2.0.0", "x", "450 4.7.1 Service unavailable", id="code-that-is-none"),
        pytest.param(550, "5.0.0", "a\r\n250 b\0c", "550 5.0.0 a  250 b c", id="no-line-ends-inside"),
    ],
)
def test_refusal_is_well_formed(code: int, status: str, text: str, reply: str) -> None:
    assert refused(code, status, text)[0] == reply


def test_text_is_cut() -> None:
    assert len(refused(550, "5.0.0", "x" * 9999)[0]) <= TEXT_LIMIT + 12


def test_soft_bounce_makes_it_temporary() -> None:
    assert refused(550, "5.1.1", "x", {"soft_bounce": "yes"})[0] == "450 4.1.1 x"


def test_warn_if_reject_only_says_so() -> None:
    judge = Judge.of({"smtpd_sender_restrictions": "warn_if_reject reject, warn_if_reject defer_if_permit"})
    assert judge.rcpt() == ""
    assert [line.partition(" from ")[0] for line in judge.world.lines] == ["NOQUEUE: reject_warning: RCPT"] * 2


def test_warn_if_reject_reaches_into_classes() -> None:
    judge = Judge.of(
        {
            "smtpd_restriction_classes": "c",
            "c": "reject",
            "smtpd_sender_restrictions": "warn_if_reject c, warn_if_reject reject",
        }
    )
    assert judge.rcpt() == ""
    assert len(judge.world.lines) == 2


def test_resolver_that_is_away_is_a_temporary_failure() -> None:
    judge = Judge.of({"mynetworks": "192.0.2.1"})
    judge.world.resolver.failure = ServiceError("private/rewrite: connection lost")
    assert judge.rcpt() == "451 4.3.0 <user@local.test>: Temporary lookup failure"


def test_standard_form_is_what_is_looked_up() -> None:
    shared = Judge.of().access._shared
    assert shared.standard("user") == "user@mta.exam.test"
    assert shared.standard("x%foreign.test") == "x@foreign.test"
    assert settled(shared.resolve("", "user%local.test@mta.exam.test")).recipient == "user@local.test"


def test_addresses_are_logged_as_wanted() -> None:
    assert Judge.of().access._shared.log_address("a b@c") == '"a b"@c'
    assert Judge.of({"info_log_address_format": "internal"}).access._shared.log_address("a b@c") == "a b@c"


def test_permit_is_logged_where_wanted() -> None:
    judge = Judge.of({"smtpd_log_access_permit_actions": "permit_mynetworks"})
    assert judge.rcpt() == ""
    assert judge.world.lines == [
        "NOQUEUE: permit: RCPT from localhost[127.0.0.1]: "
        f"action=permit_mynetworks for Recipient address=user@local.test; {TAIL}"
    ]
