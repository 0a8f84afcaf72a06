"""One message on one session: dialogues without pipelining, and what the verdicts hear."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pymail.client.connect import ConnectOptions
from pymail.client.peer import Peer
from pymail.client.session import open_session
from pymail.daemons.smtp.handshake import greet
from pymail.daemons.smtp.settings import Settings
from pymail.daemons.smtp.transaction import Message, StaleError, Transaction
from pymail.mail.dsn import Dsn
from pymail.proto.smtp.client import ClientOptions
from pymail.proto.smtp.reply import Reply
from tests.support.smtp_client_rig import request, settings
from tests.support.smtp_peer import Answer, SmtpPeer

NO_PIPELINING = ("SIZE 0", "8BITMIME")


@dataclass
class Heard:
    """Stands for the delivery."""

    events: list[str] = field(default_factory=list)

    async def accepted(self, number: int, reply: Reply) -> None:
        self.events.append(f"{number} {reply.code}")

    async def refused(self, number: int, dsn: Dsn) -> None:
        self.events.append(f"{number} {dsn.status}")

    async def message_refused(self, dsn: Dsn) -> None:
        self.events.append(f"all {dsn.status}")


def send(
    config: Settings,
    peer: SmtpPeer,
    recipients: tuple[str, ...],
    content: Iterable[bytes] = (b"x\r\n",),
    *,
    keep: bool = True,
    times: int = 1,
) -> tuple[list[str], list[bool]]:
    """Send one message *times* times; return what the verdicts heard, and whether the session was left usable."""

    async def run() -> tuple[list[str], list[bool]]:
        async with peer:
            session = await open_session(
                Peer("h", "127.0.0.1", peer.port), ConnectOptions(), ClientOptions("me.test", lmtp=config.lmtp)
            )
            await greet(session, config, "d.test", lambda _: None)
            heard = Heard()
            wanted = request("x", *recipients)
            numbered = tuple((number + 10, one) for number, one in enumerate(wanted.recipients))
            message = Message(wanted, numbered, lambda: content)
            usable = []
            try:
                for _ in range(times):
                    usable.append(await Transaction(session, config, heard).run(message, keep=keep))
            finally:
                session.abort()
            return heard.events, usable

    return asyncio.run(asyncio.wait_for(run(), 20))


@pytest.mark.parametrize(
    ("answers", "events", "commands"),
    [
        pytest.param({}, ["10 250", "11 250"], ["MAIL", "RCPT", "RCPT", "DATA"], id="sent"),
        pytest.param({"MAIL": "550 5.7.1 no"}, ["all 5.7.1"], ["MAIL"], id="mail-refused"),
        pytest.param(
            {"RCPT": "550 5.1.1 no"}, ["10 5.1.1", "11 5.1.1"], ["MAIL", "RCPT", "RCPT"], id="all-rcpt-refused"
        ),
        pytest.param({"DATA": "451 4.3.0 no"}, ["all 4.3.0"], ["MAIL", "RCPT", "RCPT", "DATA"], id="data-refused"),
    ],
)
def test_without_pipelining_nothing_pointless_is_sent(
    tmp_path: Path, answers: dict[str, Answer], events: list[str], commands: list[str]
) -> None:
    peer = SmtpPeer(answers, extensions=NO_PIPELINING)
    heard, usable = send(settings(tmp_path), peer, ("a@d.test", "b@d.test"))
    assert heard == events
    assert usable == [True]
    assert [line.split()[0] for line in peer.commands[1:]] == commands


def test_data_that_went_ahead_for_nobody_is_ended_at_once(tmp_path: Path) -> None:
    peer = SmtpPeer({"RCPT": "550 5.1.1 no", "DATA": "354 go on"})
    heard, usable = send(settings(tmp_path), peer, ("a@d.test",))
    assert heard == ["10 5.1.1"]
    assert usable == [True]
    assert peer.messages[0].content == b""


def test_leading_dots_arrive_as_they_were(tmp_path: Path) -> None:
    peer = SmtpPeer()
    send(settings(tmp_path), peer, ("a@d.test",), [b".\r\n..\r\n", b".x\r\n", b"no end"])
    assert peer.messages[0].content == b".\r\n..\r\n.x\r\nno end\r\n"


def test_a_large_message_arrives_whole(tmp_path: Path) -> None:
    peer = SmtpPeer()
    line = b"y" * 98 + b"\r\n"
    send(settings(tmp_path), peer, ("a@d.test",), [line * 700] * 40)
    assert peer.messages[0].content == line * 700 * 40


@pytest.mark.parametrize("answer", ["421 4.4.2 bye", ""])
def test_a_session_that_is_no_more_is_stale(tmp_path: Path, answer: str) -> None:
    with pytest.raises(StaleError):
        send(settings(tmp_path), SmtpPeer({"RSET": answer}), ("a@d.test",), times=2)


def test_a_server_that_says_421_is_not_used_again(tmp_path: Path) -> None:
    _, usable = send(settings(tmp_path), SmtpPeer({".": "421 4.3.2 closing"}), ("a@d.test",))
    assert usable == [False]


def test_quit_follows_the_message_when_it_is_the_last(tmp_path: Path) -> None:
    _, usable = send(settings(tmp_path), SmtpPeer(), ("a@d.test",), keep=False)
    assert usable == [False]


def test_lmtp_tells_the_accepted_recipients_apart(tmp_path: Path) -> None:
    answers: dict[str, Answer] = {"RCPT TO:<b": "550 5.1.1 no", ".": ["250 2.0.0 ok", "452 4.2.2 full"]}
    heard, _ = send(settings(tmp_path, lmtp=True), SmtpPeer(answers, lmtp=True), ("a@d.test", "b@d.test", "c@d.test"))
    assert heard == ["11 5.1.1", "10 250", "12 4.2.2"]
