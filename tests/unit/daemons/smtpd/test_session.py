"""The SMTP server session: held against dialogues with a real Postfix, and against time, errors and lost clients."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pymail.dns.hosts import ClientName, NameStatus
from pymail.ipc.cleanup import CleanupResult
from tests.support.smtpd_rig import TRANSCRIPTS, FakeTransport, Talk, World, read_transcript

FILES = sorted(TRANSCRIPTS.glob("*.txt"))
ENVELOPE = ("EHLO client.test", "MAIL FROM:<a@b.test>", "RCPT TO:<user@local.test>", "DATA")


def begun(world: World, *lines: str) -> Talk:
    """A client that has said *lines*."""
    talk = world.connect()
    talk.read()
    for line in lines:
        talk.say(line)
    return talk


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_session_answers_and_logs_like_postfix(path: Path) -> None:
    transcript = read_transcript(path)
    world = World.of(transcript.settings)
    talk = world.connect()
    assert talk.read() == transcript.greeting.answer
    assert talk.transport.closed == transcript.greeting.closes
    for step in transcript.steps:
        assert (step.sent, talk.send(step.sent)) == (step.sent, step.answer)
        assert talk.transport.closed == step.closes
    if not talk.transport.closed:
        talk.lose()
    assert world.lines == transcript.log
    assert world.ended == 1
    assert world.clock.errors == []


@pytest.mark.parametrize(
    # The others are about what comes in one read.
    "path",
    [path for path in FILES if "pipelining" not in path.stem],
    ids=lambda path: path.stem,
)
def test_octets_one_by_one_get_the_same_answers(path: Path) -> None:
    transcript = read_transcript(path)
    talk = World.of(transcript.settings).connect()
    talk.read()
    for step in transcript.steps:
        answer: list[str] = []
        for octet in step.sent:
            if not talk.transport.closed:
                answer += talk.send(bytes((octet,)))
        assert answer == step.answer


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        pytest.param((), "NOQUEUE: lost connection after CONNECT from localhost[127.0.0.1]", id="at-once"),
        pytest.param(ENVELOPE[:2], "NOQUEUE: lost connection after MAIL from localhost[127.0.0.1]", id="after-mail"),
        pytest.param(ENVELOPE[:3], "QUEUEID: lost connection after RCPT from localhost[127.0.0.1]", id="after-rcpt"),
        pytest.param(
            (*ENVELOPE, "Hello, world"),
            "QUEUEID: lost connection after DATA (14 bytes) from localhost[127.0.0.1]",
            id="in-content",
        ),
    ],
)
def test_lost_client_is_logged_and_its_message_forgotten(lines: tuple[str, ...], line: str) -> None:
    world = World.of()
    talk = begun(world, *lines)
    talk.lose()
    assert world.lines[-2] == line
    assert world.lines[-1].startswith("disconnect from localhost[127.0.0.1]")
    assert all(message.cancelled for message in world.messages)
    assert world.ended == 1


def test_client_that_closes_behind_its_message_is_not_worth_a_line() -> None:
    world = World.of()
    talk = begun(world, *ENVELOPE, ".")
    talk.lose()
    assert world.lines[-1] == "disconnect from localhost[127.0.0.1] ehlo=1 mail=1 rcpt=1 data=1 commands=4"
    assert "lost" not in "".join(world.lines)


def test_half_closed_client_gets_its_answers() -> None:
    world = World.of()
    talk = begun(world)
    talk.session.data_received(b"EHLO x\r\n")
    assert talk.session.eof_received()
    assert b"250 CHUNKING\r\n" in talk.transport.written
    assert talk.transport.closed


@pytest.mark.parametrize("lines", [(), ENVELOPE[:3], (*ENVELOPE, "Hello")], ids=["greeted", "rcpt", "content"])
def test_silent_client_is_sent_away(lines: tuple[str, ...]) -> None:
    world = World.of({"smtpd_timeout": "10s"})
    talk = begun(world, *lines)
    world.clock.pass_time(9)
    assert not talk.transport.closed
    world.clock.pass_time(2)
    assert talk.read()[-1] == "421 4.4.2 mta.exam.test Error: timeout exceeded"
    assert talk.transport.closed
    assert " timeout after " in world.lines[-2]


def test_client_that_speaks_may_stay() -> None:
    world = World.of({"smtpd_timeout": "10s"})
    talk = begun(world)
    for _ in range(5):
        world.clock.pass_time(8)
        assert talk.say("NOOP") == ["250 2.0.0 Ok"]


def test_request_deadline_is_not_for_dribblers() -> None:
    world = World.of({"smtpd_timeout": "10s", "smtpd_per_request_deadline": "yes"})
    talk = begun(world)
    for _ in range(6):
        if not talk.transport.closed:
            talk.send(b"N")
            world.clock.pass_time(2)
    assert talk.transport.closed


def test_content_earns_time_under_a_request_deadline() -> None:
    world = World.of({"smtpd_timeout": "10s", "smtpd_per_request_deadline": "yes", "smtpd_min_data_rate": "100"})
    talk = begun(world, *ENVELOPE)
    for _ in range(5):
        talk.send(b"x" * 998 + b"\r\n")
        world.clock.pass_time(8)
    assert not talk.transport.closed


def test_many_errors_slow_the_answers_down() -> None:
    world = World.of({"smtpd_soft_error_limit": "2", "smtpd_error_sleep_time": "1s"})
    talk = begun(world, "FOO")
    assert talk.say("FOO", "NOOP") == []
    world.clock.pass_time(1)
    assert talk.read() == ["500 5.5.2 Error: command not recognized"]
    world.clock.pass_time(1)
    assert talk.read() == ["250 2.0.0 Ok"]


def test_client_lost_during_a_delayed_answer_ends_the_session() -> None:
    world = World.of({"smtpd_soft_error_limit": "1", "smtpd_error_sleep_time": "1s"})
    talk = begun(world, "FOO")
    talk.lose()
    assert world.ended == 1
    world.clock.pass_time(5)
    assert world.ended == 1


def test_client_that_reads_nothing_is_not_read_from() -> None:
    world = World.of()
    talk = begun(world)
    talk.session.pause_writing()
    assert talk.say("NOOP") == []
    assert talk.transport.paused
    talk.session.resume_writing()
    assert talk.read() == ["250 2.0.0 Ok"]
    assert not talk.transport.paused


def test_slow_cleanup_stops_the_client() -> None:
    async def scene() -> None:
        world = World.of()
        talk = begun(world, *ENVELOPE)
        message = world.messages[0]
        message.must_wait = True
        message.drained = asyncio.get_running_loop().create_future()
        talk.send(b"x" * 998 + b"\r\n")
        talk.send(b"more\r\n")
        assert talk.transport.paused
        message.must_wait = False
        message.drained.set_result(None)
        for _ in range(4):
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_soon(turn.set_result, None)
            await turn
        assert not talk.transport.paused
        assert talk.say(".") == ["250 2.0.0 Ok: queued as QUEUEID"]
        assert message.text[-2:] == ["x" * 998, "more"]

    asyncio.run(scene())


def test_message_in_commitment_outlives_its_client() -> None:
    async def scene() -> None:
        world = World.of()
        talk = begun(world, *ENVELOPE)
        message = world.messages[0]
        message.verdict = asyncio.get_running_loop().create_future()
        talk.say("Subject: x", "", ".")
        talk.lose()
        assert world.ended == 0
        message.verdict.set_result(CleanupResult(0, ""))
        for _ in range(4):
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_soon(turn.set_result, None)
            await turn
        assert world.ended == 1
        assert not message.cancelled
        assert world.lines[-1].endswith("data=1 commands=4")

    asyncio.run(scene())


def test_commands_wait_for_the_verdict() -> None:
    async def scene() -> None:
        world = World.of()
        talk = begun(world, *ENVELOPE)
        message = world.messages[0]
        message.verdict = asyncio.get_running_loop().create_future()
        assert talk.say(".", "RSET", "QUIT") == []
        message.verdict.set_result(CleanupResult(0, ""))
        for _ in range(4):
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_soon(turn.set_result, None)
            await turn
        assert talk.read() == ["250 2.0.0 Ok: queued as QUEUEID", "250 2.0.0 Ok", "221 2.0.0 Bye"]

    asyncio.run(scene())


def test_long_line_is_cut_and_said() -> None:
    world = World.of()
    talk = begun(world)
    assert talk.say("NOOP " + "x" * 3000) == ["250 2.0.0 Ok"]
    assert world.lines[-1] == f"warning: localhost[127.0.0.1]: request longer than 2048: NOOP {'x' * 25}..."


def test_unknown_client_is_named_so() -> None:
    world = World.of()
    world.client_name = ClientName(
        "unknown",
        NameStatus.FORGED,
        "bad.test",
        NameStatus.OK,
        "hostname bad.test does not resolve to address 192.0.2.1",
    )
    world.connect(FakeTransport(("::ffff:192.0.2.1", 5, 0, 0)))
    assert world.lines == [
        "warning: hostname bad.test does not resolve to address 192.0.2.1",
        "connect from unknown[192.0.2.1]",
    ]


def test_port_is_logged_where_wanted() -> None:
    world = World.of({"smtpd_client_port_logging": "yes"})
    world.connect()
    assert world.lines == ["connect from localhost[127.0.0.1]:33235"]


def test_excluded_client_may_send_bare_line_feeds() -> None:
    world = World.of({"smtpd_forbid_bare_newline_exclusions": "$mynetworks"})
    talk = begun(world, *ENVELOPE)
    assert talk.send(b"x\n.\n") == ["250 2.0.0 Ok: queued as QUEUEID"]


def test_noted_bare_line_feeds_are_in_the_last_line() -> None:
    world = World.of({"smtpd_forbid_bare_newline": "note"})
    talk = begun(world)
    talk.send(b"NOOP\n")
    talk.say("QUIT")
    assert world.lines[-1].endswith("commands=2 notes=bare_lf")


def test_session_under_stress_has_other_limits() -> None:
    world = World.of({"smtpd_hard_error_limit": "${stress?{1}:{20}}"})
    shared = world.shared()
    shared.is_stressed = lambda: True
    assert shared.stress_settings.params.smtpd_hard_error_limit == 20
    talk = world.connect(shared=shared)
    assert talk.read() == ["220 mta.exam.test ESMTP"]


def test_fault_of_ours_ends_the_session_only() -> None:
    async def scene() -> None:
        world = World.of()
        shared = world.shared()

        async def broken(_address: str) -> ClientName:
            await asyncio.get_running_loop().run_in_executor(None, lambda: None)
            raise RuntimeError("a fault")

        shared.name_of = broken
        talk = world.connect(shared=shared)
        while not world.clock.errors:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_later(0.001, turn.set_result, None)
            await turn
        assert talk.transport.aborted
        talk.lose()
        assert world.ended == 1

    asyncio.run(scene())
