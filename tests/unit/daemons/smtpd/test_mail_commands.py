"""The commands of a mail transaction. See also the transcripts."""

from __future__ import annotations

import pytest

from pymail.ipc.cleanup import CleanupResult
from pymail.ipc.errors import ServiceError
from tests.support.smtpd_rig import Talk, World


def begun(world: World, *lines: str) -> Talk:
    talk = world.connect()
    talk.read()
    for line in ("EHLO client.test", *lines):
        talk.say(line)
    return talk


def test_queue_file_is_opened_with_the_first_good_recipient() -> None:
    world = World.of()
    talk = begun(world, "MAIL FROM:<a@b.test>", "RCPT TO:<nosuch@local.test>")
    assert world.messages == []
    talk.say("RCPT TO:<user@local.test>")
    talk.say("RCPT TO:<root@local.test>")
    assert len(world.messages) == 1
    assert world.lines[-1] == "QUEUEID: client=localhost[127.0.0.1]"


def test_queue_file_may_be_opened_with_mail() -> None:
    world = World.of({"smtpd_delay_open_until_valid_rcpt": "no"})
    begun(world, "MAIL FROM:<a@b.test>")
    assert len(world.messages) == 1


def test_smtputf8_is_told_to_cleanup() -> None:
    world = World.of()
    begun(world, "MAIL FROM:<jö@b.test> SMTPUTF8", "RCPT TO:<user@local.test>")
    assert world.messages[0].flags == 434


@pytest.mark.parametrize("line", ["RSET", "EHLO again.test", "HELO again.test", "QUIT"])
def test_message_that_does_not_come_is_forgotten(line: str) -> None:
    world = World.of()
    begun(world, "MAIL FROM:<a@b.test>", "RCPT TO:<user@local.test>", line)
    assert world.messages[0].cancelled


def test_cleanup_that_is_away_ends_the_session() -> None:
    world = World.of()
    world.cleanup_failure = ServiceError("connect to public/cleanup: Connection refused")
    talk = begun(world, "MAIL FROM:<a@b.test>")
    assert talk.say("RCPT TO:<user@local.test>") == ["421 4.3.0 mta.exam.test Server local data error"]
    assert talk.transport.closed
    assert world.lines[1:3] == [
        "warning: connect to public/cleanup: Connection refused",
        "NOQUEUE: reject: RCPT from localhost[127.0.0.1]: 421 4.3.0 mta.exam.test Server local data error",
    ]


def test_cleanup_that_goes_away_is_a_temporary_failure() -> None:
    world = World.of()
    talk = begun(world, "MAIL FROM:<a@b.test>", "RCPT TO:<user@local.test>", "DATA")
    world.messages[0].gone = True
    assert talk.say("x", ".") == ["451 4.3.0 Error: queue file write error"]
    assert talk.say("NOOP") == ["250 2.0.0 Ok"]


def test_verdict_of_cleanup_is_the_answer() -> None:
    world = World.of()
    world.result = CleanupResult(8, "5.7.1 header not wanted")
    talk = begun(world, "MAIL FROM:<a@b.test>", "RCPT TO:<user@local.test>", "DATA")
    assert talk.say(".") == ["550 5.7.1 header not wanted"]
    talk.say("QUIT")
    assert world.lines[-1].endswith("ehlo=1 mail=1 rcpt=1 data=0/1 quit=1 commands=4/5")


def test_full_disk_is_said_before_the_message_comes() -> None:
    world = World.of({"queue_minfree": "1000"})
    shared = world.shared()
    shared.free_space = lambda: 999
    talk = world.connect(shared=shared)
    talk.read()
    assert talk.say("MAIL FROM:<a@b.test>") == ["452 4.3.1 Insufficient system storage"]
    assert world.lines[-1] == (
        "NOQUEUE: reject: MAIL from localhost[127.0.0.1]: 452 4.3.1 Insufficient system storage; "
        "from=<a@b.test> proto=SMTP"
    )


def test_too_many_recipients_are_errors_only_after_a_while() -> None:
    settings = {
        "smtpd_recipient_limit": "1",
        "smtpd_recipient_overshoot_limit": "2",
        "smtpd_hard_error_limit": "1",
    }
    talk = begun(World.of(settings), "MAIL FROM:<a@b.test>", "RCPT TO:<user@local.test>")
    for _ in range(2):
        assert talk.say("RCPT TO:<user@local.test>") == ["452 4.5.3 Error: too many recipients"]
    assert talk.say("RCPT TO:<user@local.test>")[-1].startswith("421")


def test_address_outside_ascii_must_be_declared_where_that_is_strict() -> None:
    talk = begun(World.of({"strict_smtputf8": "yes"}))
    text = ["553 5.6.7 Must declare SMTPUTF8 to send unicode address"]
    assert talk.say("MAIL FROM:<jö@b.test>") == text
    talk.say("MAIL FROM:<>")
    assert talk.say("RCPT TO:<jö@local.test>") == text


def test_options_that_are_off_are_unsupported() -> None:
    talk = begun(World.of({"smtputf8_enable": "no", "smtpd_discard_ehlo_keywords": "dsn"}))
    assert talk.say("MAIL FROM:<a@b.test> SMTPUTF8") == ["555 5.5.4 Unsupported option: SMTPUTF8"]
    assert talk.say("MAIL FROM:<a@b.test> ENVID=x") == ["501 5.7.1 DSN support is disabled"]


def test_hangup_says_nothing_more() -> None:
    world = World.of({"smtpd_sender_restrictions": "inline:{{a@b.test=HANGUP bye}}"})
    talk = begun(world, "MAIL FROM:<a@b.test>")
    assert talk.say("RCPT TO:<user@local.test>") == []
    assert talk.transport.aborted
    assert world.lines[1].startswith("NOQUEUE: hangup: RCPT from localhost[127.0.0.1]: bye; from=<a@b.test>")


def test_errors_are_forgiven_with_a_message() -> None:
    world = World.of({"smtpd_hard_error_limit": "2"})
    talk = begun(world, "FOO", "MAIL FROM:<a@b.test>", "RCPT TO:<user@local.test>", "DATA")
    talk.say(".")
    assert talk.say("FOO") == ["500 5.5.2 Error: command not recognized"]
    assert not talk.transport.closed
