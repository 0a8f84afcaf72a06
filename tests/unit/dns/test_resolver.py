"""The resolver against a real server on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from pymail.dns.answer import InvalidNameError, MxRecord, NotFoundError, NullMxError, TryAgainError
from pymail.dns.resolver import Resolver
from tests.support.dns_server import DnsServer, Zone

ZONE: Zone = {
    ("d.test", "MX"): ["10 mx1.d.test.", "20 mx2.d.test."],
    ("mx1.d.test", "A"): ["192.0.2.1"],
    ("www.d.test", "CNAME"): ["mx1.d.test."],
    ("null.test", "MX"): ["0 ."],
}


class Clock:
    """A clock that stands still until it is set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def run(scene: Callable[[DnsServer], Awaitable[None]], faults: dict[str, str] | None = None) -> None:
    """Play *scene* with a server."""

    async def play() -> None:
        async with DnsServer(ZONE, faults) as server:
            await scene(server)

    asyncio.run(play())


def test_exchanges_come_as_values() -> None:
    async def scene(server: DnsServer) -> None:
        answer = await Resolver(server.conf()).query("d.test", "MX")
        assert set(answer.exchanges) == {MxRecord(10, "mx1.d.test"), MxRecord(20, "mx2.d.test")}

    run(scene)


def test_an_answer_is_remembered_until_its_ttl() -> None:
    async def scene(server: DnsServer) -> None:
        clock = Clock()
        resolver = Resolver(server.conf(), clock=clock)
        assert resolver.cached("d.test", "MX") is None
        await resolver.query("d.test", "MX")
        assert resolver.cached("D.TEST", "MX") is not None
        await resolver.query("D.test", "MX")
        assert len(server.queries) == 1
        clock.now += server.ttl
        await resolver.query("d.test", "MX")
        assert len(server.queries) == 2

    run(scene)


def test_that_there_is_none_is_remembered() -> None:
    async def scene(server: DnsServer) -> None:
        resolver = Resolver(server.conf())
        for _ in range(2):
            with pytest.raises(NotFoundError):
                await resolver.query("nx.example", "A")
        with pytest.raises(NotFoundError):
            resolver.cached("nx.example", "A")
        assert len(server.queries) == 1

    run(scene)


def test_trouble_is_not_remembered() -> None:
    async def scene(server: DnsServer) -> None:
        resolver = Resolver(server.conf(attempts=1))
        for _ in range(2):
            with pytest.raises(TryAgainError):
                await resolver.query("d.test", "MX")
        assert len(server.queries) == 2

    run(scene, {"d.test": "servfail"})


def test_questions_under_way_are_joined() -> None:
    async def scene(server: DnsServer) -> None:
        resolver = Resolver(server.conf())
        answers = await asyncio.gather(*(resolver.query("d.test", "MX") for _ in range(5)))
        assert len(set(map(id, answers))) == 1
        assert len(server.queries) == 1

    run(scene)


def test_a_waiter_that_gives_up_leaves_the_others() -> None:
    async def scene(server: DnsServer) -> None:
        resolver = Resolver(server.conf())
        first = asyncio.ensure_future(resolver.query("d.test", "MX"))
        second = asyncio.ensure_future(resolver.query("d.test", "MX"))
        await asyncio.wait((first,), timeout=0)
        first.cancel()
        assert (await second).exchanges

    run(scene)


def test_aliases_are_followed() -> None:
    async def scene(server: DnsServer) -> None:
        answer = await Resolver(server.conf()).query("www.d.test", "A")
        assert (answer.name, answer.texts) == ("mx1.d.test", ("192.0.2.1",))

    run(scene)


def test_a_null_mx_is_told() -> None:
    async def scene(server: DnsServer) -> None:
        with pytest.raises(NullMxError):
            await Resolver(server.conf()).query("null.test", "MX")

    run(scene)


def test_nobody_is_asked_for_a_name_that_is_none() -> None:
    async def scene(server: DnsServer) -> None:
        with pytest.raises(InvalidNameError):
            await Resolver(server.conf()).query("a..b", "MX")
        assert server.queries == []

    run(scene)


def test_the_file_is_read_when_no_settings_are_given(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    path.write_text("nameserver 127.255.255.254\noptions timeout:1 attempts:1\n")

    async def play() -> None:
        with pytest.raises(TryAgainError):
            await Resolver(path=str(path)).query("d.test", "A")

    asyncio.run(play())
