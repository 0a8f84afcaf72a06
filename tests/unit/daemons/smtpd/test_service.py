"""Entry of smtpd."""

from __future__ import annotations

import asyncio

import pytest

from pymail.daemons.smtpd.service import SmtpdDaemon
from pymail.daemons.smtpd.session import SmtpdSession
from pymail.log.fatal import FatalError
from pymail.server.invocation import Invocation
from pymail.tables.fixed import FailTable
from tests.support.smtpd_rig import World


def invocation(settings: dict[str, str]) -> Invocation:
    world = World.of(settings)
    return Invocation("smtpd", "smtp", "inet", world.conf, world.log)


def test_daemon_makes_sessions() -> None:
    async def scene() -> None:
        daemon = SmtpdDaemon()
        started = invocation({})
        daemon.before_jail(started)
        await daemon.after_jail(started)
        assert isinstance(daemon.session(), SmtpdSession)

    asyncio.run(scene())


def test_open_relay_does_not_start() -> None:
    with pytest.raises(FatalError, match="specify at least one working instance"):
        SmtpdDaemon().before_jail(invocation({"smtpd_relay_restrictions": "permit"}))


class ChangedTables:
    """A builder one of whose tables was replaced."""

    def changed_table(self) -> FailTable:
        return FailTable("fail:replaced")


def test_changed_table_ends_a_process_that_serves_nobody() -> None:
    async def scene() -> None:
        daemon = SmtpdDaemon()
        started = invocation({})
        daemon.before_jail(started)
        await daemon.after_jail(started)
        daemon._check()
        daemon._builder = ChangedTables()  # type: ignore[assignment]  # the part that is asked
        daemon._shared.live = 1
        daemon._check()
        daemon._shared.live = 0
        with pytest.raises(SystemExit):
            daemon._check()

    asyncio.run(scene())
