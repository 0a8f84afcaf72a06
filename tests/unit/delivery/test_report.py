"""Outcomes are recorded before they are logged, logged before the recipient is done, and deferred when in doubt."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from pymail.delivery import outcome
from pymail.delivery.outcome import Fate, Outcome
from pymail.delivery.params import ReportParams
from pymail.delivery.report import AsyncReporter, Reporter
from pymail.ipc.bounce import Append
from pymail.ipc.delivery import ClientInfo, DeliveryRequest, MsgStats, RequestFlag
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from pymail.mail.dsn import NOTIFY_SUCCESS, Dsn
from pymail.mail.envelope import Recipient
from tests.support.configuration import configuration

STATS = MsgStats(10.0, 11.0, 12.0)
RCPT = Recipient("u@x.test", "u@x.test", 1, "rfc822;u@x.test", 0)


@dataclass
class FakeClient:
    """Records what is asked; services in *down* refuse."""

    down: set[str] = field(default_factory=set)
    asked: list[tuple[str, Append]] = field(default_factory=list)

    def ask(self, service: str, request: Append) -> bool:
        self.asked.append((service, request))
        return service not in self.down


@dataclass
class FakeAsyncClient:
    inner: FakeClient

    async def ask(self, service: str, request: Append) -> bool:
        return self.inner.ask(service, request)


def request(flags: int = RequestFlag.NORMAL) -> DeliveryRequest:
    return DeliveryRequest(flags, "active", "ABC1", 2, 300, "x.test", "", 0, "a@b", "", 0, STATS, ClientInfo(), (RCPT,))


def outcomes() -> dict[Fate, Outcome]:
    return {
        Fate.SENT: outcome.sent(Dsn("2.0.0", "250 ok"), "mx", STATS),
        Fate.DEFERRED: outcome.deferred(Dsn("4.4.1", "connect refused"), "none", STATS),
        Fate.BOUNCED: outcome.bounced(Dsn("5.1.1", "no such user"), "mx", STATS),
    }


def report(
    result: Outcome,
    *,
    flags: int = RequestFlag.NORMAL,
    notify: int = 0,
    down: set[str] | None = None,
    settings: dict[str, str] | None = None,
) -> tuple[bool, list[tuple[str, Append]], list[str]]:
    """Run both reporters; they must agree."""
    params = ReportParams(configuration(settings or {}))
    recipient = replace(RCPT, notify=notify)
    client, other = FakeClient(down or set()), FakeClient(down or set())
    sink, other_sink = MemorySink(), MemorySink()
    log, other_log = Log("postfix/x", sink), Log("postfix/x", other_sink)
    again = Reporter(params, log, client, clock=lambda: 13.0).report(request(flags), recipient, result)  # type: ignore[arg-type]
    reporter = AsyncReporter(params, other_log, FakeAsyncClient(other), clock=lambda: 13.0)  # type: ignore[arg-type]
    assert asyncio.run(reporter.report(request(flags), recipient, result)) is again
    log.flush()
    other_log.flush()
    assert (client.asked, sink.lines) == (other.asked, other_sink.lines)
    return again, client.asked, [text for _, text in sink.lines]


@pytest.mark.parametrize(
    ("fate", "services", "status", "again"),
    [
        pytest.param(Fate.SENT, [], "status=sent (250 ok)", False, id="sent"),
        pytest.param(Fate.DEFERRED, ["defer"], "status=deferred (connect refused)", True, id="deferred"),
        pytest.param(Fate.BOUNCED, ["bounce"], "status=bounced (no such user)", False, id="bounced"),
    ],
)
def test_an_outcome_goes_to_its_service(fate: Fate, services: list[str], status: str, again: bool) -> None:
    result, asked, lines = report(outcomes()[fate])
    assert result is again
    assert [service for service, _ in asked] == services
    assert status in lines[-1]


def test_success_is_traced_on_request() -> None:
    _, asked, _ = report(outcomes()[Fate.SENT], notify=NOTIFY_SUCCESS)
    assert [(service, append.dsn.reason) for service, append in asked] == [("trace", "delivery via mx: 250 ok")]


def test_success_that_cannot_be_traced_is_deferred() -> None:
    again, asked, lines = report(outcomes()[Fate.SENT], notify=NOTIFY_SUCCESS, down={"trace"})
    assert again
    assert [service for service, _ in asked] == ["trace", "defer"]
    assert "dsn=4.3.0, status=deferred (ABC1: trace service failed)" in lines[-1]


def test_a_bounce_that_cannot_be_recorded_is_deferred() -> None:
    again, _, lines = report(outcomes()[Fate.BOUNCED], down={"bounce"})
    assert again
    assert "dsn=4.3.0, status=deferred (bounce or trace service failure)" in lines[-1]


def test_a_deferral_is_one_even_without_its_service() -> None:
    again, _, lines = report(outcomes()[Fate.DEFERRED], down={"defer"})
    assert again
    assert "ABC1: defer service failure" in lines[0]
    assert "status=deferred" in lines[-1]


def test_soft_bounce_defers() -> None:
    again, asked, lines = report(outcomes()[Fate.BOUNCED], settings={"soft_bounce": "yes"})
    assert again
    assert asked[0][0] == "defer"
    assert (asked[0][1].dsn.status, asked[0][1].dsn.action) == ("4.1.1", "delayed")
    assert "dsn=4.1.1, status=SOFTBOUNCE" in lines[-1]


@pytest.mark.parametrize(("fate", "word"), [(Fate.SENT, "deliverable"), (Fate.BOUNCED, "undeliverable")])
def test_a_probe_is_traced_only(fate: Fate, word: str) -> None:
    again, asked, lines = report(outcomes()[fate], flags=RequestFlag.NORMAL | RequestFlag.USR_VRFY)
    assert not again
    assert [(service, append.dsn.action) for service, append in asked] == [("trace", word)]
    assert f"status={word}" in lines[-1]


def test_a_status_that_contradicts_the_fate_is_mended() -> None:
    _, _, lines = report(outcome.sent(Dsn("5.0.0", "?"), "mx", STATS))
    assert "dsn=2.0.0, status=sent" in lines[-1]


@pytest.mark.parametrize(("fate", "mark"), [(Fate.SENT, b"D"), (Fate.BOUNCED, b"D"), (Fate.DEFERRED, b"R")])
def test_a_finished_recipient_is_marked_in_the_file(tmp_path: Path, fate: Fate, mark: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"xR\x08u@x.test")
    fd = os.open(path, os.O_RDWR)
    reporter = Reporter(ReportParams(configuration({})), Log("x", MemorySink()), FakeClient())  # type: ignore[arg-type]
    reporter.report(request(), RCPT, outcomes()[fate], fd)
    os.close(fd)
    assert path.read_bytes()[1:2] == mark
