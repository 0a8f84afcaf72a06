"""Lookups in threads: so many at a time, each with a deadline."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from pymail.daemons.proxymap.workers import WorkerLimits, Workers
from pymail.ipc import eager
from pymail.tables.base import TableError


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What a lookup waits for that has to wait; open at the end, so that its thread ends."""
    event = threading.Event()
    yield event
    event.set()


def test_the_value_of_a_lookup_is_returned() -> None:
    async def scene() -> str | None:
        workers = Workers(WorkerLimits())
        try:
            return await workers.run("unix:x", {"key": "value"}.get, "key")
        finally:
            workers.close()

    assert asyncio.run(scene()) == "value"


def test_a_request_that_runs_outside_of_a_task_is_answered() -> None:
    async def scene() -> str | None:
        workers = Workers(WorkerLimits())
        answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        # As from a Protocol's callback, which belongs to no task.
        asyncio.get_running_loop().call_soon(
            lambda: eager.start(workers.run("unix:x", {"key": "value"}.get, "key"), answer.set_result)
        )
        try:
            return await answer
        finally:
            workers.close()

    assert asyncio.run(scene()) == "value"


def test_an_error_of_the_table_is_the_callers() -> None:
    def fail(key: str) -> str | None:
        raise TableError("unix:x", f"no {key}")

    async def scene() -> None:
        workers = Workers(WorkerLimits())
        try:
            await workers.run("unix:x", fail, "key")
        finally:
            workers.close()

    with pytest.raises(TableError, match="no key"):
        asyncio.run(scene())


def test_a_lookup_that_takes_too_long_is_given_up(gate: threading.Event) -> None:
    def wait(key: str) -> str | None:
        gate.wait()
        return key

    async def scene() -> None:
        workers = Workers(WorkerLimits(deadline=0.01))
        try:
            await workers.run("unix:x", wait, "key")
        finally:
            gate.set()
            workers.close()

    with pytest.raises(TableError, match="no answer within"):
        asyncio.run(scene())


def test_more_lookups_than_may_wait_are_refused_at_once(gate: threading.Event) -> None:
    def wait(key: str) -> str | None:
        gate.wait()
        return key

    async def scene() -> list[object]:
        workers = Workers(WorkerLimits(threads=2, per_table=1, waiting=1))
        tasks = [asyncio.ensure_future(workers.run("unix:x", wait, str(number))) for number in range(3)]
        with pytest.raises(TableError, match="too many"):
            await tasks[2]
        gate.set()
        try:
            return await asyncio.gather(*tasks[:2])
        finally:
            workers.close()

    assert asyncio.run(scene()) == ["0", "1"]


def test_a_table_that_hangs_leaves_threads_to_the_others(gate: threading.Event) -> None:
    def wait(key: str) -> str | None:
        gate.wait()
        return key

    async def scene() -> str | None:
        workers = Workers(WorkerLimits(threads=2, per_table=1, waiting=5))
        stuck = [asyncio.ensure_future(workers.run("unix:slow", wait, "key")) for _ in range(3)]
        try:
            return await workers.run("unix:fast", {"key": "value"}.get, "key")
        finally:
            gate.set()
            await asyncio.gather(*stuck)
            workers.close()

    assert asyncio.run(scene()) == "value"
