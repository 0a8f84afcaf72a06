"""Let the event loop turn until something has happened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], bool], limit: float = 10.0) -> None:
    """Return when *condition* holds; fail after *limit* seconds."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + limit
    while not condition():
        assert loop.time() < deadline, "it did not happen"
        turn: asyncio.Future[None] = loop.create_future()
        loop.call_later(0.001, turn.set_result, None)
        await turn
