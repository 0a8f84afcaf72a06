"""Messages on their way to cleanup: the octets that a real smtpd has sent."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pymail.daemons.smtpd.access.facts import Client, Facts
from pymail.daemons.smtpd.message import DateCache, Message, Route, cleanup_flags, final_reply
from pymail.daemons.smtpd.params import SmtpdParams
from pymail.ipc.cleanup import CleanupResult
from pymail.ipc.errors import ServiceError
from pymail.proto.smtp.command import MailArguments, RcptArguments
from tests.support.smtpd_rig import ARRIVAL, FakeCleanup, World


def captured() -> dict[str, bytes]:
    """What a real smtpd has sent to cleanup, by case."""
    found = {}
    for line in (Path(__file__).parents[3] / "golden" / "smtpd_cleanup.jsonl").read_text().splitlines():
        exchange = json.loads(line)
        sent = [bytes.fromhex(step["hex"]) for step in exchange["steps"] if step["from"] == "client"]
        found[exchange["case"].partition(":")[0]] = b"".join(sent)
    return found


GOLDEN = captured()
SETTINGS = {"myhostname": "mta.exam.test", "mail_name": "Postfix"}
DATE = "Sat, 21 Nov 2026 06:03:49 +0000 (UTC)"


def message(arguments: MailArguments, settings: dict[str, str] | None = None, **client: str) -> tuple[Message, World]:
    world = World.of({**SETTINGS, **(settings or {})})
    values = {"name": "localhost", "address": "127.0.0.1", "port": "33235", "reverse_name": "localhost", **client}
    facts = Facts(Client(**values), "ESMTP", "client.test", arguments.address)  # type: ignore[arg-type]  # all are str
    return Message(SmtpdParams(world.conf), facts, arguments, ARRIVAL), world


async def send(one: Message, world: World, recipients: list[RcptArguments], blocks: list[bytes]) -> bytes:
    """Take the message all the way; return the octets behind the flags."""
    await one.open(world.open_cleanup, Route("127.0.0.1", "21000", True))
    for recipient in recipients:
        one.add_recipient(recipient)
        one.facts.recipient_count += 1
    one.start_content(DATE)
    for block in blocks:
        one.add_content(block)
    await one.finish()
    return world.messages[0].octets


def run(coroutine):  # type: ignore[no-untyped-def]  # a coroutine that never waits
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waits")


def alike(octets: bytes) -> bytes:
    """Leave out what differs from capture to capture: times, ports, the queue ID."""
    octets = re.sub(rb"T.\d{10} \d+", b"T", octets, flags=re.DOTALL)
    octets = re.sub(rb"A.(log_client|client)_port=\d+", rb"A\1_port", octets, flags=re.DOTALL)
    octets = re.sub(rb"flags\x00\d+\x00\x00", b"", octets)
    octets = re.sub(rb"log_ident=[0-9A-F]{11}", b"log_ident=ID", octets)
    octets = re.sub(rb"id [0-9A-F]{11}", b"id ID", octets)
    return re.sub(rb"Sat, 21 Nov 2026 \d\d:\d\d:\d\d", b"DATE", octets)


CONTENT = b"From: alice@sender.test\nTo: someone@relay.test\nSubject: test\n\nHello\n"


@pytest.mark.parametrize(
    ("case", "arguments", "recipients", "content"),
    [
        pytest.param(
            "smtp sent one",
            MailArguments("alice@sender.test", ""),
            [RcptArguments("u@relay.test", "")],
            CONTENT,
            id="one-recipient",
        ),
        pytest.param(
            "smtp sent two recipients",
            MailArguments("alice@sender.test", ""),
            [RcptArguments("u1@relay.test", ""), RcptArguments("u2@relay.test", "")],
            CONTENT,
            id="two-recipients",
        ),
        pytest.param(
            "SMTPUTF8 success",
            MailArguments("jö@sender.test", "", 0, "", True, "u8"),
            [RcptArguments("v1@vmb.test", "", 2, "utf-8;jö@sender.test")],
            "Subject: grün\n\nx\n".encode(),
            id="smtputf8",
        ),
    ],
)
def test_records_are_those_of_postfix(
    case: str, arguments: MailArguments, recipients: list[RcptArguments], content: bytes
) -> None:
    one, world = message(arguments)
    assert alike(run(send(one, world, recipients, [content]))) == alike(GOLDEN[case])


def test_unknown_client_is_remote() -> None:
    one, world = message(
        MailArguments("a@sender.test", ""), name="unknown", address="127.0.0.5", reverse_name="mismatch.test"
    )
    run(one.open(world.open_cleanup, Route("127.0.0.1", "21000", False)))
    one.add_recipient(RcptArguments("r10@acl.test", ""))
    one._send(b"", at_once=True)
    assert alike(world.messages[0].octets) == alike(GOLDEN["reject_unknown_reverse_client_hostname"])


def test_actions_of_access_tables_become_records() -> None:
    one, world = message(
        MailArguments("a@b", "", 100, "8bit", False, "foo+bar", 2), {"content_filter": "smtp:[127.0.0.1]:9"}
    )
    actions = one.facts.actions
    actions.hold = True
    actions.content_filter = "smtp:[127.0.0.1]:99"
    actions.redirect = "foo@local.test"
    actions.bcc.append("root@local.test")
    actions.prepend.append("X-Foo: bar")
    run(send(one, world, [RcptArguments("user@local.test", "", 6, "rfc822;foo+x@bar")], [b"S: x\n\n"]))
    records = world.messages[0].records
    assert records[1:6] == [
        ("L", "smtp:[127.0.0.1]:9"),
        ("A", "log_ident=00000000001"),
        ("A", "rewrite_context=local"),
        ("A", "envelope_id=foo+bar"),
        ("A", "ret_flags=2"),
    ]
    assert records[6:8] == [("S", "a@b"), ("A", "encoding=8bit")]
    start = records.index(("A", "notify_flags=6"))
    assert records[start : start + 6] == [
        ("A", "notify_flags=6"),
        ("A", "dsn_orig_rcpt=rfc822;foo+x@bar"),
        ("R", "user@local.test"),
        ("f", "4"),
        ("M", ""),
        ("N", "X-Foo: bar"),
    ]
    end = records.index(("X", ""))
    assert records[end + 1 :] == [
        ("L", "smtp:[127.0.0.1]:99"),
        (">", "foo@local.test"),
        ("A", "notify_flags=1"),
        ("R", "root@local.test"),
        ("f", "4"),
        ("E", ""),
    ]


@pytest.mark.parametrize(
    ("blocks", "lines"),
    [
        pytest.param([b" leading\nfoo\n"], ["", " leading", "foo"], id="leading-blank"),
        pytest.param(
            [b">From foo\nFrom bar\nS: 1\n"],
            ["X-Mailbox-Line: >From foo", "X-Mailbox-Line: From bar", "S: 1"],
            id="from-lines",
        ),
        pytest.param([b"From foo\n", b"\tx\n"], ["X-Mailbox-Line: From foo", "", "\tx"], id="from-line-in-a-block"),
        pytest.param([b"a\nFrom b\n"], ["a", "From b"], id="from-line-later"),
        pytest.param([b"\n"], [""], id="empty-line"),
        pytest.param([b"x" * 2048, b"y\n"], ["x" * 2048, "y"], id="long-line-in-pieces"),
        pytest.param([b"x" * 5000 + b"\n"], ["x" * 2048, "x" * 2048, "x" * 904], id="long-line"),
    ],
)
def test_content_becomes_lines(blocks: list[bytes], lines: list[str]) -> None:
    one, world = message(MailArguments("a@b", ""))
    run(send(one, world, [RcptArguments("c@d", "")], blocks))
    assert world.messages[0].text[3:] == lines


def test_too_large_message_is_forgotten() -> None:
    one, world = message(MailArguments("a@b", ""), {"message_size_limit": "100"})
    run(one.open(world.open_cleanup, Route("127.0.0.1", "1", True)))
    one.add_recipient(RcptArguments("c@d", ""))
    one.start_content(DATE)
    one.add_content(b"x" * 99 + b"\n")
    result = run(one.finish())
    assert final_reply(result, "ID", one.params).text == "552 5.3.4 Error: message file too big"
    assert world.messages[0].cancelled


def test_lost_cleanup_is_a_temporary_failure() -> None:
    one, world = message(MailArguments("a@b", ""))
    run(one.open(world.open_cleanup, Route("127.0.0.1", "1", True)))
    one.add_recipient(RcptArguments("c@d", ""))
    one.start_content(DATE)
    world.messages[0].gone = True
    one.add_content(b"x\n" * 30000)
    assert isinstance(one.failure, ServiceError)
    assert final_reply(run(one.finish()), "ID", one.params).code == 451


@pytest.mark.parametrize(
    ("status", "reason", "text"),
    [
        (0, "", "250 2.0.0 Ok: queued as ID"),
        (16, "", "554 5.4.0 Error: too many hops"),
        (8, "5.7.1 header not wanted", "550 5.7.1 header not wanted"),
        (8, "550 5.7.1 Command rejected", "550 5.7.1 Command rejected"),
        (256, "451 4.7.1 Service unavailable", "451 4.7.1 Service unavailable"),
        (2, "", "451 4.3.0 Error: queue file write error"),
        (65536, "", "550 5.5.2 mta.exam.test Error: bare <LF> received"),
    ],
)
def test_verdict_becomes_a_reply(status: int, reason: str, text: str) -> None:
    params = message(MailArguments("a@b", ""))[0].params
    assert final_reply(CleanupResult(status, reason), "ID", params).text == text


def test_chunked_message_tells_its_size() -> None:
    params = message(MailArguments("a@b", ""))[0].params
    assert final_reply(CleanupResult(0, ""), "ID", params, 7).text == "250 2.0.0 Ok: 7 bytes queued as ID"


def test_overrides_clear_cleanup_flags() -> None:
    assert cleanup_flags(message(MailArguments("", ""))[0].params) == 178
    overrides = {"receive_override_options": "no_address_mappings, no_header_body_checks"}
    assert cleanup_flags(message(MailArguments("", ""), overrides)[0].params) == 128


def test_submission_says_no_more_than_postdrop_wants() -> None:
    one, world = message(MailArguments("a@b", "", 0, "8bit", False, "x", 1))
    run(one.open(world.open_cleanup, Route("127.0.0.1", "1", True, is_submission=True)))
    one._send(b"", at_once=True)
    assert world.messages[0].records == [
        ("A", "envelope_id=x"), ("A", "ret_flags=1"), ("A", "rewrite_context=local"), ("S", "a@b"),
        ("A", "encoding=8bit"),
    ]  # fmt: skip


def test_ipv6_client_in_the_trace_header() -> None:
    one, world = message(MailArguments("a@b", ""), name="unknown", address="2001:db8::1")
    run(send(one, world, [RcptArguments('a "b@c', "")], []))
    cleanup: FakeCleanup = world.messages[0]
    assert cleanup.text == [
        "Received: from client.test (unknown [IPv6:2001:db8::1])",
        "\tby mta.exam.test (Postfix) with ESMTP id 00000000001",
        f'\tfor <"a \\"b"@c>; {DATE}',
    ]
    assert ("A", "client_address_type=10") in cleanup.records


def test_date_is_made_once_a_second() -> None:
    dates = DateCache()
    assert dates.format(0) is dates.format(0)
    assert dates.format(0) != dates.format(1)
