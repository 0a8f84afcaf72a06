"""Coroutines run at once while they need not wait."""

from __future__ import annotations

import asyncio

import pytest

from pymail.ipc import eager


def test_a_coroutine_that_never_waits_needs_no_task() -> None:
    async def answer() -> int:
        return 42

    results: list[int] = []
    assert eager.start(answer(), results.append) is None
    assert results == [42]


@pytest.mark.parametrize("waits", [1, 3])
def test_a_coroutine_that_waits_ends_in_a_task(waits: int) -> None:
    async def main() -> tuple[list[int], list[int]]:
        loop = asyncio.get_running_loop()
        results: list[int] = []
        seen: list[int] = []

        async def answer() -> int:
            for turn in range(waits):
                future = loop.create_future()
                loop.call_soon(future.set_result, turn)
                seen.append(await future)
            return len(seen)

        task = eager.start(answer(), results.append)
        assert task is not None
        assert results == []
        await task
        return results, seen

    results, seen = asyncio.run(main())
    assert results == [waits]
    assert seen == list(range(waits))


def test_an_error_before_the_first_wait_is_raised_here() -> None:
    async def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        eager.start(fail(), lambda result: None)


def test_an_error_that_is_awaited_reaches_the_coroutine() -> None:
    async def main() -> list[str]:
        loop = asyncio.get_running_loop()
        results: list[str] = []

        async def answer() -> str:
            future: asyncio.Future[str] = loop.create_future()
            loop.call_soon(future.set_exception, OSError("gone"))
            try:
                return await future
            except OSError as error:
                await asyncio.sleep(0)
                return str(error)

        task = eager.start(answer(), results.append)
        assert task is not None
        await task
        return results

    assert asyncio.run(main()) == ["gone"]


def test_a_cancelled_task_cancels_the_coroutine() -> None:
    async def main() -> list[str]:
        seen: list[str] = []

        async def wait() -> None:
            try:
                await asyncio.get_running_loop().create_future()
            except asyncio.CancelledError:
                seen.append("cancelled")
                raise

        task = eager.start(wait(), lambda result: None)
        assert task is not None
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return seen

    assert asyncio.run(main()) == ["cancelled"]
