"""Remember answers, and that there are none, for the time that the zone allows (RFC 1035 §3.2.1, RFC 2308)."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

Outcome = TypeVar("Outcome")

CAPACITY: Final = 8192  # entries; the oldest goes first
TTL_LIMIT: Final = 86400  # seconds, for any entry


class TtlCache(Generic[Outcome]):
    """Values with an end. The time comes in from the caller."""

    __slots__ = ("_capacity", "_entries")

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._entries: dict[tuple[str, str], tuple[float, Outcome]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: tuple[str, str], now: float) -> Outcome | None:
        """Return the value that is still good at *now*."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry[0] <= now:
            del self._entries[key]
            return None
        return entry[1]

    def put(self, key: tuple[str, str], value: Outcome, ttl: float, now: float) -> None:
        """Keep *value* for *ttl* seconds; nothing is kept for a *ttl* of zero."""
        if ttl <= 0:
            return
        self._entries.pop(key, None)
        while len(self._entries) >= self._capacity:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = (now + min(ttl, TTL_LIMIT), value)

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()
