"""The parts are put together as main.cf says."""

from __future__ import annotations

import asyncio

import pytest

from pymail.config.main_cf import MainCf
from pymail.daemons.qmgr.params import QmgrParams
from pymail.daemons.qmgr.service import QmgrDaemon, build
from pymail.log.fatal import FatalError
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from pymail.server.invocation import Invocation
from pymail.server.trigger import TriggerSession


def invocation(**settings: str) -> tuple[Invocation, MemorySink]:
    sink = MemorySink()
    conf = MainCf("/etc/postfix", {"myhostname": "mx.test"} | settings)
    return Invocation("qmgr", "qmgr", "unix", conf, Log("postfix/qmgr", sink)), sink


def test_the_daemon_stays_and_is_alone() -> None:
    daemon = QmgrDaemon(invocation(qmgr_daemon_timeout="50s")[0])
    assert (daemon.stay_forever, daemon.required_process_limit, daemon.watchdog_timeout) == (True, 1, 50)


def test_a_client_triggers() -> None:
    async def steps() -> None:
        one, _ = invocation()
        daemon = QmgrDaemon(one)
        daemon.qmgr = build(QmgrParams(one.conf), one)
        assert isinstance(daemon.session(), TriggerSession)
        daemon.retire()

    asyncio.run(steps())


def test_the_recipient_limit_is_at_least_the_message_limit() -> None:
    async def steps() -> None:
        one, sink = invocation(qmgr_message_active_limit="30", qmgr_message_recipient_limit="20")
        build(QmgrParams(one.conf), one)
        assert [severity for severity, _ in sink.lines] == ["warning"]

    asyncio.run(steps())


def test_a_malformed_setting_of_a_transport_is_fatal_when_it_is_used() -> None:
    async def steps() -> None:
        one, _ = invocation(smtp_destination_concurrency_limit="many")
        qmgr = build(QmgrParams(one.conf), one)
        with pytest.raises(FatalError, match="smtp_destination_concurrency_limit"):
            qmgr._dispatcher._transports.get("smtp")  # noqa: SLF001

    asyncio.run(steps())
