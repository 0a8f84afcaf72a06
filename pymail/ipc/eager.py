"""Run a coroutine as far as it goes without a task; make the task only when it has to wait.

Most policy questions are answered from caches and local tables: a coroutine that never waits costs a call here,
not a task and two turns of the loop. Code that is started this way has no current task before its first wait, so it
must not use `asyncio.timeout`; deadlines belong to the channels.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

Result = TypeVar("Result")


@types.coroutine
def _resume(
    coroutine: Coroutine[Any, Any, Result], awaited: Any
) -> Generator[Any, Any, Result]:  # Any: what a coroutine yields to its loop
    """Go on with a started coroutine whose first wait is for *awaited*."""
    while True:
        failure: BaseException | None = None
        value = None
        try:
            value = yield awaited
        except BaseException as error:  # noqa: BLE001  # a cancellation or failure belongs to the coroutine
            failure = error
        try:
            awaited = coroutine.send(value) if failure is None else coroutine.throw(failure)
        except StopIteration as stop:
            result: Result = stop.value
            return result


def start(coroutine: Coroutine[Any, Any, Result], done: Callable[[Result], None]) -> asyncio.Task[None] | None:
    """Run *coroutine*; call *done* with its result, now if it never waits (then None is returned).

    An exception of the part that runs now is raised here; a later one ends in the task.
    """
    try:
        awaited = coroutine.send(None)
    except StopIteration as stop:
        done(stop.value)
        return None

    async def finish() -> None:
        done(await _resume(coroutine, awaited))

    return asyncio.get_running_loop().create_task(finish())
