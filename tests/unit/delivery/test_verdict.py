"""One verdict for all recipients, from the text of the next hop."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from pymail.delivery.outcome import Fate
from pymail.delivery.params import ReportParams
from pymail.delivery.report import AsyncReporter
from pymail.delivery.verdict import VerdictAgent
from pymail.ipc.delivery import FinalStatus
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from pymail.queue.directories import QueueLayout
from tests.support.configuration import configuration
from tests.unit.delivery.test_report import RCPT, FakeAsyncClient, FakeClient, request


@pytest.mark.parametrize(
    ("fate", "nexthop", "ending", "again"),
    [
        pytest.param(Fate.BOUNCED, "5.7.9 custom", "relay=none, delay", False, id="bounce"),
        pytest.param(Fate.BOUNCED, "5.7.9 custom", "dsn=5.7.9, status=bounced (custom)", False, id="bounce-status"),
        pytest.param(
            Fate.BOUNCED, "plain error text", "dsn=5.0.0, status=bounced (plain error text)", False, id="plain"
        ),
        pytest.param(Fate.DEFERRED, "4.3.0 mail transport unavailable", "dsn=4.3.0, status=deferred", True, id="retry"),
        pytest.param(Fate.DEFERRED, "5.1.1 x", "dsn=4.1.1, status=deferred (x)", True, id="class-fits"),
        pytest.param(Fate.SENT, "silently", "dsn=2.0.0, status=sent (silently)", False, id="discard"),
    ],
)
def test_the_next_hop_is_the_reason(tmp_path: Path, fate: Fate, nexthop: str, ending: str, again: bool) -> None:
    (tmp_path / "active").mkdir()
    (tmp_path / "active/ABC1").write_bytes(b"xR\x08u@x.test")
    sink = MemorySink()
    log = Log("postfix/error", sink)
    reporter = AsyncReporter(ReportParams(configuration({})), log, FakeAsyncClient(FakeClient()))  # type: ignore[arg-type]
    agent = VerdictAgent(fate, reporter, QueueLayout(root=f"{tmp_path}/"))
    wanted = replace(request(), nexthop=nexthop, recipients=(RCPT, replace(RCPT, address="v@x.test", offset=0)))
    assert asyncio.run(agent.deliver(wanted)) == FinalStatus(again)
    log.flush()
    assert len(sink.lines) == 2
    assert ending in sink.lines[0][1]


def test_a_message_that_is_gone_is_tried_again(tmp_path: Path) -> None:
    reporter = AsyncReporter(ReportParams(configuration({})), Log("x", MemorySink()))
    agent = VerdictAgent(Fate.SENT, reporter, QueueLayout(root=f"{tmp_path}/"))
    assert asyncio.run(agent.deliver(request())) == FinalStatus(again=True)
