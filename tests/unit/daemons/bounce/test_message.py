"""Reports beside those that Postfix sent: the same header, the same structure, the same status fields."""

from __future__ import annotations

import email
import email.policy
from pathlib import Path

import pytest

from pymail.daemons.bounce.message import Facts, compose
from pymail.daemons.bounce.notice import Kind, Notice
from pymail.daemons.bounce.original import Original
from pymail.mail.dsn import Dsn
from pymail.mail.envelope import Recipient
from pymail.queue.logs import LogEntry

GOLDEN = Path(__file__).parents[3] / "golden" / "dsn"
ORIGINAL = Original(0.0, 300, (b"From: alice@sender.test", b"Subject: test"), (b"hello",))


def facts(**changes: object) -> Facts:
    fields: dict[str, object] = {
        "queue_id": "3AEE154020F", "hostname": "mta.exam.test", "mail_name": "Postfix", "sender": "alice@sender.test",
        "envelope_id": "", "boundary": "3AEE154020F.1795241030/mta.exam.test",
        "arrival": "Sat, 21 Nov 2026 06:03:50 +0000 (UTC)", "retry_until": "", "lifetime": 432000, "size_limit": 50000,
        "utf8": False,
    }  # fmt: skip
    return Facts(**{**fields, **changes})  # type: ignore[arg-type]


def lines_of(notice: Notice, entries: list[LogEntry], **changes: object) -> list[str]:
    return [line.decode() for line in compose(notice, entries, facts(**changes), ORIGINAL)]


def golden_lines(name: str) -> list[str]:
    text = next(GOLDEN.glob(f"{name}-*.txt")).read_text(encoding="latin-1").encode("latin-1").decode("utf-8", "replace")
    return text.splitlines()


def between(lines: list[str], first: str, last: str) -> list[str]:
    start = lines.index(first)
    return lines[start : lines.index(last, start)]


FAILED = LogEntry(
    Recipient("rej5@relay.test", "", 0, "rfc822;rej5@relay.test"),
    Dsn("5.1.1", "host said no", "failed", "smtp", "550 5.1.1 no such user", "dns", "127.0.0.1"),
)
RELAYED = [
    LogEntry(
        Recipient("s1@plain.test", "", 0, "rfc822;orig+addr@relay.test"),
        Dsn("2.0.0", "x", "relayed", "smtp", "250 2.0.0 Ok: queued as SINK6", "dns", "127.0.0.1"),
    ),
    LogEntry(
        Recipient("cmd@local.test", "", 0, "rfc822;orig+addr@relay.test"),
        Dsn("2.0.0", "delivery via local: alias expanded", "expanded"),
    ),
]
DELAYED = [
    LogEntry(
        Recipient("u@dead.test", "", 0, "rfc822;first@orig.test"),
        Dsn("4.4.1", "connect to 127.0.0.1[127.0.0.1]:21090: Connection refused", "delayed"),
    ),
    LogEntry(
        Recipient("rej4@relay.test", "", 0, "rfc822;first@orig.test"),
        Dsn("4.2.0", "x", "delayed", "smtp", "450 4.2.0 mailbox busy", "dns", "127.0.0.1"),
    ),
]


@pytest.mark.parametrize(
    ("name", "notice", "entries", "changes"),
    [
        pytest.param("01", Notice(Kind.FAILURE, "", "alice@sender.test", True), [FAILED], {}, id="failed"),
        pytest.param(
            "02", Notice(Kind.SUCCESS, "", "alice@sender.test", False), RELAYED,
            {"queue_id": "44BDE54021F", "envelope_id": "QQ314159", "arrival": "Sat, 21 Nov 2026 06:03:51 +0000 (UTC)",
             "boundary": "44BDE54021F.1795241031/mta.exam.test"}, id="success",
        ),
        pytest.param(
            "21", Notice(Kind.DELAY, "", "alice@sender.test", False), DELAYED,
            {"queue_id": "6DC665440B1", "envelope_id": "delay1", "arrival": "Sat, 21 Nov 2026 04:08:16 +0000 (UTC)",
             "retry_until": "Thu, 26 Nov 2026 04:08:16 +0000 (UTC)",
             "boundary": "6DC665440B1.1795241300/mta.exam.test"}, id="delay",
        ),
    ],
)  # fmt: skip
def test_a_report_is_postfix_s(name: str, notice: Notice, entries: list[LogEntry], changes: dict[str, object]) -> None:
    ours, theirs = lines_of(notice, entries, **changes), golden_lines(name)
    subject = next(line for line in theirs if line.startswith("Subject: ") and line in ours)
    assert between(ours, subject, "") == [
        line for line in between(theirs, subject, "") if not line.startswith("Message-Id")
    ]
    report = "Content-Description: Delivery report"
    boundary = f"--{facts(**changes).boundary}"
    assert between(ours, report, boundary) == between(theirs, report, boundary)
    last = theirs.index(boundary, theirs.index(report))
    assert ours[ours.index(boundary, ours.index(report)) :][:5] == theirs[last : last + 5]


def test_the_postmaster_s_copy_has_headers_only() -> None:
    notice = Notice(Kind.FAILURE, "double-bounce@mta.exam.test", "pm@relay.test", False, to_postmaster=True)
    lines = lines_of(notice, [FAILED])
    assert {"Auto-Submitted: auto-generated", "Content-Type: text/rfc822-headers"} <= set(lines)
    assert "hello" not in lines


def test_a_large_message_comes_back_as_its_header() -> None:
    lines = lines_of(Notice(Kind.FAILURE, "", "a@b", True), [FAILED], size_limit=299)
    assert "Content-Type: text/rfc822-headers" in lines


def test_smtputf8_mail_gets_the_global_types() -> None:
    lines = lines_of(Notice(Kind.FAILURE, "", "jö@sender.test", True), [FAILED], utf8=True, sender="jö@sender.test")
    assert {"Content-Type: message/global", "Content-Type: message/global-delivery-status"} <= set(lines)
    assert "X-Postfix-Sender: utf-8; jö@sender.test" in lines


def test_a_mail_reader_finds_three_parts() -> None:
    octets = b"\n".join(compose(Notice(Kind.FAILURE, "", "a@b", True), [FAILED], facts(), ORIGINAL))
    message = email.message_from_bytes(octets, policy=email.policy.default)
    assert [part.get_content_type() for part in message.iter_parts()] == [  # type: ignore[attr-defined]
        "text/plain", "message/delivery-status", "message/rfc822",
    ]  # fmt: skip
    assert message.defects == []


def test_a_hostile_reason_forges_no_field() -> None:
    entry = LogEntry(Recipient("u@x"), Dsn("5.0.0", "no\r\nAction: delivered\n--x", "failed"))
    lines = lines_of(Notice(Kind.FAILURE, "", "a@b", True), [entry])
    assert "Action: delivered" not in lines
