"""Fail-over, TCP, and the end of patience, with real sockets."""

from __future__ import annotations

import asyncio

from pymail.dns.exchange import Exchange
from pymail.dns.message import Outcome, make_question
from pymail.dns.resolv_conf import ResolvConf, Server
from tests.support.dns_server import DnsServer

ZONE = {("d.test", "A"): ["192.0.2.1"]}


async def ask(conf: ResolvConf, name: str = "d.test") -> Outcome | None:
    """The outcome of one exchange."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Outcome | None] = loop.create_future()
    Exchange(make_question(name, "A"), conf, loop, future.set_result).start()
    return await asyncio.wait_for(future, 10)


def addresses(outcome: Outcome | None) -> tuple[str, ...]:
    """The addresses in an outcome that must be an answer."""
    assert outcome is not None
    assert outcome.answer is not None
    return outcome.answer.texts


def test_a_dead_server_is_passed_over() -> None:
    async def run() -> None:
        async with DnsServer(ZONE) as dead, DnsServer(ZONE) as good:
            servers = (Server("127.0.0.1", dead.port), Server("127.0.0.1", good.port))
            await dead.__aexit__(None, None, None)
            assert addresses(await ask(ResolvConf(servers, timeout=5))) == ("192.0.2.1",)

    asyncio.run(run())


def test_a_failing_server_is_passed_over() -> None:
    async def run() -> None:
        async with DnsServer(ZONE, {"d.test": "servfail"}) as bad, DnsServer(ZONE) as good:
            servers = (Server("127.0.0.1", bad.port), Server("127.0.0.1", good.port))
            assert addresses(await ask(ResolvConf(servers))) == ("192.0.2.1",)
            assert len(bad.queries) == len(good.queries) == 1

    asyncio.run(run())


def test_a_silent_server_is_passed_over_after_its_time() -> None:
    async def run() -> None:
        async with DnsServer(ZONE, {"d.test": "silent"}) as mute, DnsServer(ZONE) as good:
            servers = (Server("127.0.0.1", mute.port), Server("127.0.0.1", good.port))
            assert addresses(await ask(ResolvConf(servers, timeout=0.05))) == ("192.0.2.1",)

    asyncio.run(run())


def test_all_servers_are_tried_as_often_as_configured() -> None:
    async def run() -> None:
        async with DnsServer(ZONE, {"d.test": "refused"}) as server:
            assert await ask(server.conf(attempts=3)) is None
            assert len(server.queries) == 3

    asyncio.run(run())


def test_a_cut_reply_is_fetched_over_tcp() -> None:
    async def run() -> None:
        async with DnsServer(ZONE, {"d.test": "truncate"}) as server:
            assert addresses(await ask(server.conf())) == ("192.0.2.1",)
            assert [way for _, _, way in server.queries] == ["udp", "tcp"]

    asyncio.run(run())


def test_a_server_without_edns_is_asked_without() -> None:
    async def run() -> None:
        async with DnsServer(ZONE, {"d.test": "formerr-edns"}) as server:
            assert addresses(await ask(server.conf(attempts=1))) == ("192.0.2.1",)

    asyncio.run(run())


def test_a_forged_id_is_not_taken() -> None:
    async def run() -> None:
        async with DnsServer(ZONE, {"d.test": "wrong-id"}) as server:
            assert await ask(server.conf(timeout=0.05, attempts=1)) is None

    asyncio.run(run())


def test_a_malformed_reply_is_not_taken() -> None:
    async def run() -> None:
        async with DnsServer(ZONE, {"d.test": "garbage"}) as server:
            assert (outcome := await ask(server.conf(attempts=1))) is None or outcome.answer is None

    asyncio.run(run())


def test_a_cancelled_exchange_stays_quiet() -> None:
    async def run() -> None:
        async with DnsServer(ZONE, {"d.test": "silent"}) as server:
            calls: list[Outcome | None] = []
            loop = asyncio.get_running_loop()
            exchange = Exchange(make_question("d.test", "A"), server.conf(timeout=0.02, attempts=1), loop, calls.append)
            exchange.start()
            exchange.cancel()
            waiter = loop.create_future()
            loop.call_later(0.05, waiter.set_result, None)
            await waiter
            assert calls == []

    asyncio.run(run())
