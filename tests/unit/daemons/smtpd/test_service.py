"""Entry of smtpd."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pymail.daemons.smtpd.service import SmtpdDaemon
from pymail.daemons.smtpd.session import SmtpdSession
from pymail.log.fatal import FatalError
from pymail.server.invocation import Invocation
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


def test_changed_table_ends_an_idle_process(tmp_path: Path) -> None:
    table = tmp_path / "clients"
    table.write_text("192.0.2.1 x\n")

    async def scene() -> None:
        daemon = SmtpdDaemon()
        started = invocation({"smtpd_client_restrictions": f"texthash:{table}"})
        daemon.before_jail(started)
        await daemon.after_jail(started)
        daemon._check()

    asyncio.run(scene())
