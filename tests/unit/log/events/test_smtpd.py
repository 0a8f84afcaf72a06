"""The event lines of the SMTP server."""

from __future__ import annotations

from pymail.log.events import smtpd as events

NA = "localhost[127.0.0.1]"


def test_session_lines() -> None:
    assert events.connect(NA) == "connect from localhost[127.0.0.1]"
    assert events.accepted_for_queue("612CF54020A", NA) == "612CF54020A: client=localhost[127.0.0.1]"
    assert (
        events.disconnect(NA, {"ehlo": (1, 1), "mail": (3, 15), "noop": (0, 0)}, bare_linefeed=True)
        == "disconnect from localhost[127.0.0.1] ehlo=1 mail=3/15 commands=4/16 notes=bare_lf"
    )
    assert events.disconnect(NA, {}) == "disconnect from localhost[127.0.0.1] commands=0/0"


def test_early_ends() -> None:
    assert (
        events.ended_early("lost connection", "NOQUEUE", "EHLO", NA)
        == "NOQUEUE: lost connection after EHLO from localhost[127.0.0.1]"
    )
    assert (
        events.ended_early("timeout", "8DBA6540295", "DATA", NA, 12)
        == "8DBA6540295: timeout after DATA (12 bytes) from localhost[127.0.0.1]"
    )


def test_access_line_has_what_is_known() -> None:
    origin = events.Origin("NOQUEUE", "RCPT", NA, "a@sender.test", "r0@acl.test", "ESMTP", "client.test")
    assert events.access("reject", origin, "550 5.1.1 text") == (
        "NOQUEUE: reject: RCPT from localhost[127.0.0.1]: 550 5.1.1 text; "
        "from=<a@sender.test> to=<r0@acl.test> proto=ESMTP helo=<client.test>"
    )
    bare = events.Origin("NOQUEUE", "CONNECT", NA, protocol="SMTP")
    assert events.access("hold", bare, "x") == "NOQUEUE: hold: CONNECT from localhost[127.0.0.1]: x; proto=SMTP"


def test_other_lines() -> None:
    assert events.improper_pipelining("DATA", NA, "x\\r\\n") == (
        "improper command pipelining after DATA from localhost[127.0.0.1]: x\\r\\n"
    )
    assert events.non_smtp_command(NA, "GET /") == "non-SMTP command from localhost[127.0.0.1]: GET /"
    assert events.illegal_address(NA, "MAIL", "<a b>") == (
        "Illegal address syntax from localhost[127.0.0.1] in MAIL command: <a b>"
    )
    assert events.long_request(NA, 2048, "NOOP x") == "localhost[127.0.0.1]: request longer than 2048: NOOP x..."
    assert events.size_exceeded("1") == "1: queue file size limit exceeded"
    assert events.mapped_status("5.1.1", "Sender address", "5.1.7") == (
        "mapping DSN status 5.1.1 into Sender address status 5.1.7"
    )
    assert events.discarded_keywords("DSN") == "discarding EHLO keywords: DSN"
    assert events.local_error("1", "RCPT", NA, "mx.test") == (
        "1: reject: RCPT from localhost[127.0.0.1]: 421 4.3.0 mx.test Server local data error"
    )
