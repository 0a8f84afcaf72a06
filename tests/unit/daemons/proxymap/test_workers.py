"""Threads for lookups that may wait."""

from __future__ import annotations

import asyncio
import threading

import pytest

from pymail.daemons.proxymap.workers import WorkerLimits, Workers
from pymail.tables.base import TableError


def test_a_lookup_is_done_by_a_thread() -> None:
    async def run() -> str | None:
        workers = Workers(WorkerLimits())
        main = threading.get_ident()
        value = await workers.run("x:y", lambda key: key if threading.get_ident() != main else None, "key")
        workers.close()
        return value

    assert asyncio.run(run()) == "key"


def test_an_error_comes_through() -> None:
    def fail(_key: str) -> str | None:
        raise TableError("x:y", "out of order")

    async def run() -> None:
        with pytest.raises(TableError, match="out of order"):
            await Workers(WorkerLimits()).run("x:y", fail, "key")

    asyncio.run(run())


class Gate:
    """A lookup that waits until it is let through."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.active = 0
        self.most = 0
        self._lock = threading.Lock()

    def lookup(self, key: str) -> str | None:
        with self._lock:
            self.active += 1
            self.most = max(self.most, self.active)
        self.open.wait(10)
        with self._lock:
            self.active -= 1
        return key


def test_a_table_has_its_share_and_others_go_on() -> None:
    gate = Gate()

    async def run() -> None:
        workers = Workers(WorkerLimits(threads=4, per_table=2))
        slow = [asyncio.ensure_future(workers.run("slow:x", gate.lookup, str(number))) for number in range(6)]
        assert await workers.run("fast:x", lambda key: key, "key") == "key"
        gate.open.set()
        assert await asyncio.gather(*slow) == [str(number) for number in range(6)]
        workers.close()

    asyncio.run(run())
    assert gate.most == 2


def test_too_many_are_refused() -> None:
    gate = Gate()

    async def run() -> None:
        workers = Workers(WorkerLimits(threads=2, per_table=1, waiting=1))
        waiting = [asyncio.ensure_future(workers.run("slow:x", gate.lookup, str(number))) for number in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(TableError, match="too many"):
            await workers.run("slow:x", gate.lookup, "one more")
        gate.open.set()
        await asyncio.gather(*waiting)
        workers.close()

    asyncio.run(run())


def test_a_lookup_that_hangs_is_given_up() -> None:
    gate = Gate()

    async def run() -> None:
        workers = Workers(WorkerLimits(threads=2, per_table=1, deadline=0.02))
        for _ in range(2):  # the second one does not even get a thread
            with pytest.raises(TableError, match="no answer"):
                await workers.run("slow:x", gate.lookup, "key")
        gate.open.set()
        workers.close()

    asyncio.run(run())
    assert gate.most == 1
