"""Sessions that rest between two messages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from pymail.client.cache import SessionCache, say_goodbye
from pymail.client.connect import ConnectOptions
from pymail.client.peer import Peer
from pymail.client.session import SmtpSession, open_session
from pymail.proto.smtp.client import ClientOptions
from tests.support.smtp_peer import SmtpPeer
from tests.support.turns import until

Scene = Callable[[SessionCache, Callable[[], Awaitable[SmtpSession]], SmtpPeer], Awaitable[None]]


def play(scene: Scene, time_limit: float = 60) -> None:
    """Run *scene* with a cache and a way to make sessions."""

    async def run() -> None:
        async with SmtpPeer() as peer:

            async def make() -> SmtpSession:
                target = Peer("peer", "127.0.0.1", peer.port)
                session = await open_session(target, ConnectOptions(), ClientOptions("me.test"))
                await session.reply(5)
                session.machine.hello()
                await session.reply(5)
                return session

            cache = SessionCache(time_limit, asyncio.get_running_loop())
            await scene(cache, make, peer)
            cache.close()

    asyncio.run(asyncio.wait_for(run(), 20))


def test_a_session_is_found_by_destination_and_by_address() -> None:
    async def scene(cache: SessionCache, make: Callable[[], Awaitable[SmtpSession]], peer: SmtpPeer) -> None:
        session = await make()
        cache.store(session, "d.test")
        assert cache.take_for("other.test") is None
        assert cache.take_for("d.test") is session
        assert cache.take_for("d.test") is None
        cache.store(session)
        assert cache.take_for("d.test") is None
        assert cache.take_at(("127.0.0.1", peer.port)) is session
        assert len(cache) == 0

    play(scene)


def test_the_last_used_session_comes_first() -> None:
    async def scene(cache: SessionCache, make: Callable[[], Awaitable[SmtpSession]], peer: SmtpPeer) -> None:
        first, second = await make(), await make()
        cache.store(first, "d.test")
        cache.store(second, "d.test")
        assert [cache.take_for("d.test"), cache.take_for("d.test")] == [second, first]

    play(scene)


def test_a_session_that_the_server_ended_is_gone() -> None:
    async def scene(cache: SessionCache, make: Callable[[], Awaitable[SmtpSession]], peer: SmtpPeer) -> None:
        cache.store(await make(), "d.test")
        peer.hang_up()
        await until(lambda: len(cache) == 0)
        assert cache.take_for("d.test") is None

    play(scene)


def test_a_lost_session_is_not_stored() -> None:
    async def scene(cache: SessionCache, make: Callable[[], Awaitable[SmtpSession]], peer: SmtpPeer) -> None:
        session = await make()
        session.abort()
        cache.store(session, "d.test")
        assert len(cache) == 0

    play(scene)


def test_a_session_leaves_politely_after_its_time() -> None:
    async def scene(cache: SessionCache, make: Callable[[], Awaitable[SmtpSession]], peer: SmtpPeer) -> None:
        cache.store(await make(), "d.test")
        await until(lambda: "QUIT" in peer.commands)
        assert len(cache) == 0

    play(scene, time_limit=0.02)


def test_close_says_goodbye_to_all() -> None:
    async def scene(cache: SessionCache, make: Callable[[], Awaitable[SmtpSession]], peer: SmtpPeer) -> None:
        cache.store(await make())
        cache.store(await make())
        cache.close()
        await until(lambda: peer.commands.count("QUIT") == 2)

    play(scene)


def test_goodbye_to_a_lost_session_is_quiet() -> None:
    async def scene(cache: SessionCache, make: Callable[[], Awaitable[SmtpSession]], peer: SmtpPeer) -> None:
        session = await make()
        session.abort()
        say_goodbye(session)
        assert "QUIT" not in peer.commands

    play(scene)
