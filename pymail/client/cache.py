"""Idle connections that may be used again, by destination and by address.

One worker carries many deliveries, so the cache is in the process (Postfix has the scache daemon for this). A
connection rests here for at most the time limit; a server that says something or hangs up meanwhile loses its place.
Connections leave as politely as they can: QUIT is sent, its reply is not awaited.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TypeVar

from pymail.client.session import SmtpSession

Key = TypeVar("Key", str, tuple[str, int])


@dataclass(eq=False, slots=True)
class _Entry:
    session: SmtpSession
    destination: str
    until: float


class SessionCache:
    """The idle sessions of one worker; *time_limit* in seconds."""

    __slots__ = ("_by_destination", "_by_key", "_entries", "_loop", "_time_limit", "_timer")

    def __init__(self, time_limit: float, loop: asyncio.AbstractEventLoop) -> None:
        self._time_limit = time_limit
        self._loop = loop
        self._entries: dict[SmtpSession, _Entry] = {}
        self._by_destination: dict[str, list[SmtpSession]] = {}
        self._by_key: dict[tuple[str, int], list[SmtpSession]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._entries)

    def store(self, session: SmtpSession, destination: str = "") -> None:
        """Keep a session that is between two transactions; with *destination*, it serves that name too."""
        if session.is_lost or session.machine.has_pending_input:
            session.close()
            return
        entry = _Entry(session, destination, self._loop.time() + self._time_limit)
        self._entries[session] = entry
        self._by_key.setdefault(session.peer.key, []).append(session)
        if destination:
            self._by_destination.setdefault(destination, []).append(session)
        session.on_unusable = self._drop
        if self._timer is None:
            self._timer = self._loop.call_later(self._time_limit, self._sweep)

    def take_for(self, destination: str) -> SmtpSession | None:
        """Return the session that was used last for *destination*."""
        return self._take(self._by_destination.get(destination))

    def take_at(self, key: tuple[str, int]) -> SmtpSession | None:
        """Return the session that was used last with the server at *key*."""
        return self._take(self._by_key.get(key))

    def _take(self, sessions: list[SmtpSession] | None) -> SmtpSession | None:
        while sessions:
            session = sessions[-1]
            self._forget(session)
            if not session.is_lost:
                return session
            session.close()
        return None

    def _forget(self, session: SmtpSession) -> None:
        session.on_unusable = None
        entry = self._entries.pop(session)
        self._remove(self._by_key, session.peer.key, session)
        if entry.destination:
            self._remove(self._by_destination, entry.destination, session)

    @staticmethod
    def _remove(index: dict[Key, list[SmtpSession]], key: Key, session: SmtpSession) -> None:
        sessions = index[key]
        sessions.remove(session)
        if not sessions:
            del index[key]

    def _drop(self, session: SmtpSession) -> None:
        self._forget(session)
        session.close()

    def _sweep(self) -> None:
        """Let go of the sessions whose time is over."""
        self._timer = None
        now = self._loop.time()
        for session, entry in list(self._entries.items()):
            if entry.until <= now:
                self._forget(session)
                say_goodbye(session)
        if self._entries:
            first = next(iter(self._entries.values())).until
            self._timer = self._loop.call_at(max(first, now), self._sweep)

    def close(self) -> None:
        """Let go of all."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for session in list(self._entries):
            self._forget(session)
            say_goodbye(session)


def say_goodbye(session: SmtpSession) -> None:
    """Send QUIT and hang up without waiting for its reply (smtp_skip_quit_response)."""
    if not session.is_lost:
        session.machine.quit()
        session.flush()
    session.close()
