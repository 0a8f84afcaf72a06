from __future__ import annotations

import asyncio

from pymail.server.session import Session


class CountingKeeper:
    ended = 0

    def session_ended(self) -> None:
        self.ended += 1


def test_a_session_gives_its_place_back_once() -> None:
    keeper = CountingKeeper()
    session = Session()
    session.keeper = keeper
    transport = asyncio.Transport()
    session.connection_made(transport)
    assert session.transport is transport
    session.connection_lost(None)
    session.connection_lost(None)
    assert keeper.ended == 1


def test_a_session_without_a_keeper_ends_quietly() -> None:
    session = Session()
    session.connection_lost(None)
    assert session.keeper is None
