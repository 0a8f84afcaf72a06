"""The client of flush."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pymail.daemons.smtpd.etrn import FAILED, NOT_ELIGIBLE, FlushClient
from pymail.log.logger import Log
from pymail.proto import attr
from pymail.tables.context import from_config
from pymail.tables.match import DomainList, DomainMatch
from tests.support.smtpd_rig import LineSink, World, settled


def client(domains: str) -> FlushClient:
    context = from_config(World.of().conf, Log("postfix/smtpd", LineSink()))
    return FlushClient(DomainList("fast_flush_domains", domains, context, DomainMatch.PARENT), "flush", 5)


def test_only_eligible_domains_are_asked_for() -> None:
    assert settled(client("example.test").send_site("other.test")) == NOT_ELIGIBLE
    assert settled(client("fail:x").send_site("other.test")) == FAILED


def test_service_that_is_away_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert asyncio.run(client("example.test").send_site("example.test")) == FAILED


def test_service_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "public").mkdir()
    asked: list[list[bytes]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(attr.encode("protocol", "queue_flush_protocol"))
        request = attr.ListReader()
        while (fields := request.next_list()) is None:
            request.feed(await reader.read(1000))
        asked.append(fields)
        writer.write(attr.encode("status", 0))
        await writer.drain()
        writer.close()

    async def scene() -> int:
        server = await asyncio.start_unix_server(serve, "public/flush")
        async with server:
            return await client("example.test").send_site("sub.example.test")

    assert asyncio.run(scene()) == 0
    assert asked == [[b"request", b"send_site", b"site", b"sub.example.test"]]
