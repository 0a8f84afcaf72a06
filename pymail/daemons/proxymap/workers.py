"""Threads that do lookups which may wait, so many at a time and no more.

Each table has its own share, so that one dead server cannot take all threads. What has waited for a thread, or for its
answer, longer than the deadline is given up (the thread goes on alone).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pymail.tables.base import TableError


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """*threads* in all, lookups *per_table* at work, lookups *waiting* per table, seconds of the *deadline*."""

    threads: int = 100
    per_table: int = 25
    waiting: int = 1000
    deadline: float = 100.0


class Workers:
    """The threads of one process."""

    __slots__ = ("_executor", "_limits", "_tables")

    def __init__(self, limits: WorkerLimits) -> None:
        self._limits = limits
        self._executor = ThreadPoolExecutor(limits.threads, "lookup")
        #: For each table its share, and how many lookups hold or want a part of it.
        self._tables: dict[str, tuple[asyncio.Semaphore, list[int]]] = {}

    async def run(self, spec: str, lookup: Callable[[str], str | None], key: str) -> str | None:
        """Return `lookup(key)`, done by a thread. Raises TableError: its own, or when there is no thread in time."""
        share, wanted = self._tables.setdefault(spec, (asyncio.Semaphore(self._limits.per_table), [0]))
        if wanted[0] >= self._limits.per_table + self._limits.waiting:
            raise TableError(spec, "too many lookups at the same time")
        wanted[0] += 1
        # Not asyncio.timeout: before its first wait, a request runs outside of any task (ipc/eager.py).
        task = asyncio.get_running_loop().create_task(self._in_thread(share, lookup, key))
        try:
            done, _ = await asyncio.wait((task,), timeout=self._limits.deadline)
            if not done:
                task.cancel()
                raise TableError(spec, f"no answer within {self._limits.deadline:.0f} s")
            return task.result()
        finally:
            wanted[0] -= 1

    async def _in_thread(self, share: asyncio.Semaphore, lookup: Callable[[str], str | None], key: str) -> str | None:
        await share.acquire()
        future = asyncio.get_running_loop().run_in_executor(self._executor, lookup, key)
        # The share is given back when the thread is free, not when we stop to wait for it.
        future.add_done_callback(lambda _: share.release())
        return await asyncio.shield(future)

    def close(self) -> None:
        """Let the threads end."""
        self._executor.shutdown(wait=False, cancel_futures=True)
