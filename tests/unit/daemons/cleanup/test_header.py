from __future__ import annotations

import pytest

from pymail.daemons.cleanup.header import ADDRESS_FIELDS, from_value, quote_phrase, without_stray
from tests.support.cleanup_rig import content_of, run, stream

LOCAL = ("rewrite_context=local",)
REMOTE = ("rewrite_context=remote",)
ID = b"Message-Id: <20261121060349.612CF54020A@mta.exam.test>"
DATE = b"Date: Sat, 21 Nov 2026 06:03:49 +0000 (UTC)"
FROM = b"From: alice@sender.test"


def header(
    *lines: bytes,
    values: dict[str, str] | None = None,
    attributes: tuple[str, ...] = LOCAL,
    sender: str = "alice@sender.test",
) -> tuple[list[bytes], list[str]]:
    octets = stream("u@relay.test", lines=(*lines, b"", b"body"), attributes=attributes, sender=sender)
    message, log = run(octets, values)
    assert message.output.errors == 0
    content = content_of(message)
    assert content[-2:] == [b"", b"body"]
    return content[:-2], log


def test_missing_fields_are_added_at_the_end_in_their_order() -> None:
    assert header(b"Subject: x")[0] == [b"Subject: x", ID, DATE, FROM]


def test_mail_from_outside_is_left_alone() -> None:
    content, log = header(b"To: bob", attributes=REMOTE)
    assert content == [b"To: bob"]
    assert log == ["612CF54020A: message-id=<>"]


def test_mail_from_outside_is_completed_when_that_is_wanted() -> None:
    values = {"always_add_missing_headers": "yes", "remote_header_rewrite_domain": "domain.invalid"}
    assert header(b"To: bob", values=values, attributes=REMOTE)[0] == [b"To: bob@domain.invalid", ID, DATE, FROM]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([b"To: bob"], [b"To: bob@exam.test"], id="bare user"),
        pytest.param([b'to: "B. Ob" <bob>, c@d.test'], [b'To: "B. Ob" <bob@exam.test>, c@d.test'], id="list"),
        pytest.param([b"Cc: a@b.test,", b"\tc"], [b"Cc: a@b.test, c@exam.test"], id="folded"),
        pytest.param([b"To:  A  <a@b.test> ,", b" c@d.test"], [b"To:  A  <a@b.test> ,", b" c@d.test"], id="complete"),
        pytest.param([b"Reply-To: undisclosed:;"], [b"Reply-To: undisclosed:;"], id="group"),
        pytest.param([b"X-To: bob"], [b"X-To: bob"], id="no address field"),
    ],
)
def test_addresses_are_completed_and_complete_fields_kept(lines: list[bytes], expected: list[bytes]) -> None:
    assert header(*lines, b"From: a@b.test", b"Date: x", b"Message-ID: <x@y>")[0][: len(expected)] == expected


def test_blanks_before_the_colon_go() -> None:
    assert header(b"Subject \t: x", b"\ty : z", attributes=REMOTE)[0] == [b"Subject: x", b"\ty : z"]


def test_fields_that_must_not_pass_are_dropped() -> None:
    lines = [b"Bcc: secret@x.test", b"Return-Path: <a@b>", b"Content-Length: 5", b"Subject: x"]
    assert header(*lines)[0] == [b"Subject: x", ID, DATE, FROM]


def test_what_is_there_is_not_added() -> None:
    lines = [b"message-id: <own@x>", b"DATE: today", b"From : a@b.test"]
    content, log = header(*lines)
    assert content == [*lines[:2], b"From: a@b.test"]
    assert log == ["612CF54020A: message-id=<own@x>"]


def test_a_resent_message_gets_resent_fields() -> None:
    content, log = header(b"Resent-To: b@x.test", b"Message-ID: <old@x>", b"Date: old", b"From: old@x.test")
    assert content[4:] == [b"Resent-" + ID, b"Resent-" + DATE, b"Resent-" + FROM]
    assert log == [
        "612CF54020A: message-id=<old@x>",
        "612CF54020A: resent-message-id=<20261121060349.612CF54020A@mta.exam.test>",
    ]


def test_mail_of_nobody_comes_from_the_mailer_daemon() -> None:
    assert header(b"Subject: x", sender="")[0][-1] == b"From: MAILER-DAEMON"


def test_long_ids_are_message_ids_by_themselves() -> None:
    content, _ = header(b"Subject: x", values={"enable_long_queue_ids": "yes"})
    assert content[1] == b"Message-Id: <612CF54020A@mta.exam.test>"


@pytest.mark.parametrize(
    ("value", "added"),
    [("To: undisclosed-recipients:;", [b"To: undisclosed-recipients:;"]), ("nonsense", []), ("", [])],
)
def test_mail_without_visible_recipients(value: str, added: list[bytes]) -> None:
    values = {"undisclosed_recipients_header": value}
    content, log = header(b"Subject: x", values=values)
    assert content[4:] == added
    assert bool([line for line in log if line.startswith("warning: bad undisclosed")]) == (value == "nonsense")
    assert header(b"To: u@relay.test", values=values)[0][4:] == []


@pytest.mark.parametrize(
    ("address", "name", "form", "value"),
    [
        ("a@b", "", "standard", "a@b"),
        ("a@b", "Al Ice", "standard", "Al Ice <a@b>"),
        ("a@b", 'A. "B"', "standard", '"A. \\"B\\"" <a@b>'),
        ("a@b", "Al Ice", "obsolete", "a@b (Al Ice)"),
    ],
)
def test_the_forms_of_a_from_field(address: str, name: str, form: str, value: str) -> None:
    assert from_value(address, name, form) == value


def test_small_parts() -> None:
    assert quote_phrase("O'Neil") == "O'Neil"
    assert without_stray(b"a\rb\nc") == b"a b c"
    assert b"reply-to" in ADDRESS_FIELDS
    assert b"subject" not in ADDRESS_FIELDS
