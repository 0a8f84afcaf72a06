"""Outcomes that are reported without an agent: log lines and records."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pymail.config.main_cf import MainCf
from pymail.daemons.qmgr.direct import DirectReports
from pymail.delivery.params import ReportParams
from pymail.delivery.report import AsyncReporter
from pymail.ipc.bounce import BounceClient, Request
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from pymail.mail.dsn import Dsn
from pymail.mail.envelope import Recipient
from pymail.queue.directories import QueueLayout
from tests.support.qmgr_world import NOW, make_message, queue_file

ID = "AAAA1111"


class Client(BounceClient):
    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, Request]] = []

    async def ask(self, service: str, request: Request) -> bool:
        self.asked.append((service, request))
        return True


@pytest.fixture
def sink() -> MemorySink:
    return MemorySink()


def make_reports(path: Path, sink: MemorySink, client: Client) -> tuple[DirectReports, Log]:
    log = Log("postfix/qmgr", sink)
    reporter = AsyncReporter(ReportParams(MainCf("/etc/postfix")), log, client, lambda: NOW + 2)
    return DirectReports(reporter, QueueLayout(root=f"{path}/")), log


def test_a_deferral_is_recorded_and_logged(tmp_path: Path, sink: MemorySink) -> None:
    client = Client()
    reports, log = make_reports(tmp_path, sink, client)
    reason = Dsn("4.3.0", "mail transport unavailable")
    asyncio.run(reports.deferred(make_message(ID), Recipient("u@a.test", "o@a.test", 7), reason))
    log.flush()
    assert [service for service, _ in client.asked] == ["defer"]
    assert sink.lines == [
        ("info", f"{ID}: to=<u@a.test>, orig_to=<o@a.test>, relay=none, delay=2, delays=0/2/0/0, dsn=4.3.0,"
         " status=deferred (mail transport unavailable)")
    ]  # fmt: skip


def test_a_discarded_recipient_is_marked_and_logged(tmp_path: Path, sink: MemorySink) -> None:
    octets = queue_file(["double-bounce@here.test"])
    offset = octets.index(b"R\x17double-bounce")
    (tmp_path / "active").mkdir()
    path = tmp_path / "active" / ID
    path.write_bytes(octets)
    reports, log = make_reports(tmp_path, sink, Client())
    recipient = Recipient("double-bounce@here.test", "", offset)
    assert asyncio.run(reports.discarded(make_message(ID), recipient))
    log.flush()
    assert path.read_bytes()[offset : offset + 1] == b"D"
    assert sink.lines == [
        ("info", f"{ID}: to=<double-bounce@here.test>, relay=none, delay=2, delays=0/2/0/0, dsn=2.0.0,"
         " status=sent (undeliverable postmaster notification discarded)")
    ]  # fmt: skip


def test_a_discarded_recipient_of_a_file_that_is_gone_is_tried_again(tmp_path: Path, sink: MemorySink) -> None:
    reports, _ = make_reports(tmp_path, sink, Client())
    assert not asyncio.run(reports.discarded(make_message(ID), Recipient("u@here.test", "", 7)))
