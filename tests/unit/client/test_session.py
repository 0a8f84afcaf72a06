"""The driver: replies, deadlines, losses, and a session that rests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from pymail.client.connect import ConnectOptions
from pymail.client.peer import Peer
from pymail.client.session import SmtpSession, TalkError, open_session
from pymail.proto.smtp.client import ClientOptions, Command, Transaction, Verb
from tests.support.smtp_peer import Answer, SmtpPeer

LABEL = "peer[127.0.0.1]"


def play(scene: Callable[[SmtpSession, SmtpPeer], Awaitable[None]], answers: dict[str, Answer] | None = None) -> None:
    """Run *scene* with a connected session."""

    async def run() -> None:
        async with SmtpPeer(answers or {}) as peer:
            target = Peer("peer", "127.0.0.1", peer.port)
            session = await open_session(target, ConnectOptions(), ClientOptions("me.test"))
            try:
                await scene(session, peer)
            finally:
                session.abort()

    asyncio.run(asyncio.wait_for(run(), 20))


async def ready(session: SmtpSession) -> None:
    """Take greeting and EHLO."""
    await session.reply(5)
    session.machine.hello()
    await session.reply(5)


def test_greeting_and_ehlo() -> None:
    async def scene(session: SmtpSession, peer: SmtpPeer) -> None:
        event = await session.reply(5)
        assert (event.command.verb, event.reply.code) == (Verb.CONNECT, 220)
        session.machine.hello()
        assert (await session.reply(5)).reply.code == 250
        assert peer.commands == ["EHLO me.test"]

    play(scene)


def test_a_transaction_goes_out_in_one_piece() -> None:
    async def scene(session: SmtpSession, peer: SmtpPeer) -> None:
        await ready(session)
        peer.chunks.clear()
        session.machine.transaction(Transaction("a@test", ("b@test", "c@test")))
        codes = [(await session.reply(5)).reply.code for _ in range(4)]
        assert codes == [250, 250, 250, 354]
        assert peer.chunks == [b"MAIL FROM:<a@test>\r\nRCPT TO:<b@test>\r\nRCPT TO:<c@test>\r\nDATA\r\n"]

    play(scene)


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        pytest.param({"CONNECT": ""}, "receiving the initial server greeting", id="greeting"),
        pytest.param({"EHLO": ""}, "performing the EHLO handshake", id="ehlo"),
        pytest.param({"MAIL": ""}, "sending MAIL FROM", id="mail"),
        pytest.param({"RCPT": ""}, "sending RCPT TO", id="rcpt"),
        pytest.param({"DATA": ""}, "sending DATA command", id="data"),
        pytest.param({".": ""}, "sending end of data -- message may be sent more than once", id="dot"),
    ],
)
def test_a_loss_names_what_was_going_on(answers: dict[str, Answer], reason: str) -> None:
    async def scene(session: SmtpSession, peer: SmtpPeer) -> None:
        with pytest.raises(TalkError) as raised:
            await ready(session)
            session.machine.transaction(Transaction("a@test", ("b@test",)))
            for _ in range(3):
                await session.reply(5)
            session.machine.end_of_data()
            await session.reply(5)
        assert raised.value.dsn.status == "4.4.2"
        assert raised.value.dsn.reason == f"lost connection with {LABEL} while {reason}"

    play(scene, answers)


def test_silence_ends_at_the_deadline() -> None:
    async def scene(session: SmtpSession, peer: SmtpPeer) -> None:
        await ready(session)
        session.machine.transaction(Transaction("a@test", ("b@test",)))
        await session.reply(60)
        with pytest.raises(TalkError) as raised:
            await session.reply(0.05)
        assert raised.value.dsn.reason == f"conversation with {LABEL} timed out while sending RCPT TO"

    play(scene, {"RCPT": None})


def test_a_later_deadline_is_kept_after_an_earlier_one() -> None:
    async def scene(session: SmtpSession, peer: SmtpPeer) -> None:
        loop = asyncio.get_running_loop()
        await session.reply(0.03)
        session.machine.hello()
        started = loop.time()
        with pytest.raises(TalkError):
            await session.reply(0.1)
        assert loop.time() - started >= 0.09

    play(scene, {"EHLO": None})


def test_nonsense_is_a_protocol_error() -> None:
    async def scene(session: SmtpSession, peer: SmtpPeer) -> None:
        await ready(session)
        for transport in peer.connections:
            transport.write(b"250 nobody asked\r\n")
        session.machine.send(Command(Verb.NOOP))
        await session.reply(5)
        with pytest.raises(TalkError, match="Protocol error"):
            await session.reply(5)

    play(scene)


def test_an_endless_reply_ends_the_session() -> None:
    async def scene(session: SmtpSession, peer: SmtpPeer) -> None:
        await session.reply(5)
        for transport in peer.connections:
            transport.write(b"250-x\r\n" * 10000)
        session.machine.hello()
        with pytest.raises(TalkError):
            await session.reply(5)

    play(scene, {"EHLO": None})


def test_a_resting_session_tells_that_the_server_spoke() -> None:
    async def scene(session: SmtpSession, peer: SmtpPeer) -> None:
        await ready(session)
        told: asyncio.Future[SmtpSession] = asyncio.get_running_loop().create_future()
        session.on_unusable = told.set_result
        for transport in peer.connections:
            transport.write(b"421 bye\r\n")
        assert await asyncio.wait_for(told, 5) is session

    play(scene)


def test_a_resting_session_tells_that_the_server_left() -> None:
    async def scene(session: SmtpSession, peer: SmtpPeer) -> None:
        await ready(session)
        told: asyncio.Future[SmtpSession] = asyncio.get_running_loop().create_future()
        session.on_unusable = told.set_result
        peer.hang_up()
        assert await asyncio.wait_for(told, 5) is session
        assert session.is_lost
        session.write(b"is dropped")
        with pytest.raises(TalkError):
            await session.drain(1)

    play(scene)


def test_large_content_waits_for_the_reader() -> None:
    async def scene(session: SmtpSession, peer: SmtpPeer) -> None:
        await ready(session)
        session.machine.transaction(Transaction("a@test", ("b@test",)))
        for _ in range(3):
            await session.reply(5)
        line = b"x" * 70 + b"\r\n"
        for _ in range(40):
            session.write(session.machine.content(line * 2000))
            await session.drain(10)
        session.machine.end_of_data()
        assert (await session.reply(10)).reply.code == 250
        assert len(peer.messages[0].content) == 40 * 2000 * len(line)

    play(scene)


def test_a_peer_that_reads_nothing_ends_at_the_deadline() -> None:
    async def scene(session: SmtpSession, peer: SmtpPeer) -> None:
        await ready(session)
        session.machine.transaction(Transaction("a@test", ("b@test",)))
        for _ in range(3):
            await session.reply(5)
        for transport in peer.connections:
            transport.pause_reading()
        with pytest.raises(TalkError) as raised:
            for _ in range(1000):
                session.write(session.machine.content(b"x" * 100_000))
                await session.drain(0.05)
        assert raised.value.dsn.reason == f"conversation with {LABEL} timed out while sending message body"

    play(scene)
