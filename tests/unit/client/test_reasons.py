"""Reason texts and statuses, as golden lines of Postfix have them."""

from __future__ import annotations

import pytest

from pymail.client import reasons
from pymail.client.peer import Peer
from pymail.mail.dsn import Dsn
from pymail.proto.smtp.client import Verb
from pymail.proto.smtp.reply import Reply

PEER = Peer("127.0.0.1", "127.0.0.1", 21010)
HOST = "127.0.0.1[127.0.0.1]"


@pytest.mark.parametrize(
    ("dsn", "status", "reason"),
    [
        pytest.param(
            reasons.refused(PEER, Reply(550, ("5.1.1 no such user",)), Verb.RCPT),
            "5.1.1", f"host {HOST} said: 550 5.1.1 no such user (in reply to RCPT TO command)", id="rcpt",
        ),
        pytest.param(
            reasons.refused(PEER, Reply(550, ("5.7.1 first line", "5.7.1 second line")), Verb.RCPT),
            "5.7.1",
            f"host {HOST} said: 550-5.7.1 first line 550 5.7.1 second line (in reply to RCPT TO command)",
            id="two-lines",
        ),
        pytest.param(
            reasons.refused(PEER, Reply(550, ("no such user here",)), Verb.RCPT),
            "5.0.0", f"host {HOST} said: 550 no such user here (in reply to RCPT TO command)", id="no-enhanced-code",
        ),
        pytest.param(
            reasons.refused(PEER, Reply(451, ("5.1.1 odd",)), Verb.MAIL),
            "4.0.0", f"host {HOST} said: 451 5.1.1 odd (in reply to MAIL FROM command)", id="class-disagrees",
        ),
        pytest.param(
            reasons.refused_to_talk(PEER, Reply(421, ("4.3.2 busy",))),
            "4.3.2", f"host {HOST} refused to talk to me: 421 4.3.2 busy", id="greeting",
        ),
        pytest.param(
            reasons.not_connected(PEER, "Connection refused"),
            "4.4.1", f"connect to {HOST}:21010: Connection refused", id="connect",
        ),
        pytest.param(
            reasons.lost(PEER, reasons.ACTIVITY[Verb.END_OF_DATA]),
            "4.4.2",
            f"lost connection with {HOST} while sending end of data -- message may be sent more than once", id="lost",
        ),
        pytest.param(
            reasons.timed_out(PEER, reasons.ACTIVITY[Verb.RCPT]),
            "4.4.2", f"conversation with {HOST} timed out while sending RCPT TO", id="timeout",
        ),
        pytest.param(reasons.local_error(PEER), "4.3.0", f"local data error while talking to {HOST}", id="local"),
        pytest.param(
            reasons.too_large(PEER, 2000, 1000),
            "5.3.4", f"message size 2000 exceeds size limit 1000 of server {HOST}", id="size",
        ),
        pytest.param(reasons.loops_back("d.test"), "5.4.6", "mail for d.test loops back to myself", id="loop"),
        pytest.param(reasons.no_primary("d.test"), "4.4.4", "unable to find primary relay for d.test", id="primary"),
        pytest.param(
            reasons.accepted(PEER, Reply(250, ("2.0.0 Ok: queued as X",))), "2.0.0", "250 2.0.0 Ok: queued as X",
            id="sent",
        ),
        pytest.param(reasons.accepted(PEER, Reply(250, ("fine",))), "2.0.0", "250 fine", id="sent-without-status"),
    ],
)  # fmt: skip
def test_status_and_text(dsn: Dsn, status: str, reason: str) -> None:
    assert (dsn.status, dsn.reason) == (status, reason)


def test_a_reply_is_told_to_the_bounce_service() -> None:
    dsn = reasons.refused(PEER, Reply(550, ("5.1.1 no such user",)), Verb.RCPT)
    assert (dsn.diag_type, dsn.diag_text, dsn.mta_type, dsn.mta_name) == (
        "smtp", "550 5.1.1 no such user", "dns", "127.0.0.1",
    )  # fmt: skip


def test_a_reply_cannot_carry_framing_into_reports() -> None:
    dsn = reasons.refused(PEER, Reply(550, ("5.1.1 a\0b\r\x1b" + "x" * 10000,)), Verb.RCPT)
    assert dsn.diag_text.startswith("550 5.1.1 a?b??xxx")
    assert len(dsn.diag_text) == reasons.REPLY_LIMIT
    assert dsn.reason.isprintable()


def test_local_trouble_has_no_diagnostic() -> None:
    dsn = reasons.not_connected(PEER, "Connection refused")
    assert (dsn.diag_type, dsn.mta_type) == ("", "")


def test_a_permanent_status_can_be_softened() -> None:
    dsn = reasons.as_transient(Dsn("5.7.1", "x"))
    assert dsn.status == "4.7.1"
    assert reasons.is_transient(dsn)
