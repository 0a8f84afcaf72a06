"""Requests against logs on disk: what is appended, reported, removed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from pymail.daemons.bounce.params import BounceParams
from pymail.daemons.bounce.post import Post
from pymail.daemons.bounce.reporter import Bounces
from pymail.ipc.bounce import Append, BounceFlag, One, Report, Request, RequestKind
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from pymail.mail.dsn import NOTIFY_NEVER, Dsn
from pymail.mail.envelope import Recipient
from pymail.queue import logs
from tests.support.configuration import configuration
from tests.unit.daemons.bounce.test_original import queue_file


class FakePost(Post):
    """Remembers the reports, or refuses them."""

    __slots__ = ("refuses", "sent")

    def __init__(self) -> None:
        super().__init__("", "mx.test", "pymail", 5, 2048, lambda epoch: (0, "UTC"))
        object.__setattr__(self, "sent", [])
        object.__setattr__(self, "refuses", False)

    async def send(self, sender: str, recipient: str, lines: list[bytes], now: float) -> str | None:
        if self.refuses:
            return None
        self.sent.append((sender, recipient, lines))
        return "NEW1"


@pytest.fixture(name="spool")
def spool_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in ("active", "bounce", "defer", "trace"):
        (tmp_path / name).mkdir()
    queue_file(tmp_path / "active/ABC1", sizes=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(service: str, **settings: str) -> tuple[Bounces, FakePost, MemorySink]:
    sink = MemorySink()
    post = FakePost()
    params = BounceParams(configuration(settings))
    return Bounces(service, params, Log("postfix/bounce", sink), post, lambda: 1795241030.0), post, sink


def report(kind: int, *, sender: str = "a@b", flags: int = 0) -> Report:
    return Report(kind, flags, "active", "ABC1", "", 0, sender, "", 0)


def append(**changes: object) -> Append:
    return Append(0, "ABC1", Recipient("u@x", "u@x", **changes), Dsn("5.1.1", "no such user", "failed"))  # type: ignore[arg-type]


def ask(bounces: Bounces, *requests: Request) -> list[bool]:
    async def run() -> list[bool]:
        return [await bounces.serve(request) for request in requests]

    return asyncio.run(run())


def test_a_bounce_is_reported_and_its_log_removed(spool: Path) -> None:
    bounces, post, _ = make("bounce")
    assert ask(bounces, append(), report(RequestKind.FLUSH)) == [True, True]
    assert [(sender, recipient) for sender, recipient, _ in post.sent] == [("", "a@b")]
    assert not (spool / "bounce/ABC1").exists()


def test_a_report_that_is_not_taken_keeps_its_log(spool: Path) -> None:
    bounces, post, _ = make("bounce")
    object.__setattr__(post, "refuses", True)
    assert ask(bounces, append(), report(RequestKind.FLUSH)) == [True, False]
    assert len(logs.read(str(spool / "bounce/ABC1"))) == 1


def test_a_warning_keeps_its_log(spool: Path) -> None:
    bounces, post, _ = make("defer")
    assert ask(bounces, append(), report(RequestKind.WARN)) == [True, True]
    assert len(post.sent) == 1
    assert (spool / "defer/A/ABC1").exists()


def test_notify_never_makes_no_report(spool: Path) -> None:
    bounces, post, _ = make("bounce")
    assert ask(bounces, append(notify=NOTIFY_NEVER), report(RequestKind.FLUSH)) == [True, True]
    assert post.sent == []
    assert not (spool / "bounce/ABC1").exists()


def test_a_failed_bounce_is_dropped_with_its_log(spool: Path) -> None:
    bounces, post, _ = make("bounce")
    assert ask(bounces, append(), report(RequestKind.FLUSH, sender="")) == [True, True]
    assert post.sent == []
    assert not (spool / "bounce/ABC1").exists()


def test_a_failed_notice_is_said_and_dropped(spool: Path) -> None:
    bounces, post, sink = make("bounce", notify_classes="2bounce")
    assert ask(bounces, append(), report(RequestKind.FLUSH, sender="double-bounce@mx.test")) == [True, True]
    assert post.sent == []
    assert ("warning", "ABC1: undeliverable postmaster notification discarded") in sink.lines


def test_an_expired_message_marks_its_recipients(spool: Path) -> None:
    path = spool / "active/ABC1"
    octets = path.read_bytes()
    at = octets.index(b"S\x03a@b")
    path.write_bytes(octets[:at] + b"R" + octets[at + 1 :])
    bounces, _, _ = make("defer")
    flush = report(RequestKind.FLUSH, flags=BounceFlag.DELRCPT)
    assert ask(bounces, append(offset=at), flush) == [True, True]
    assert path.read_bytes()[at : at + 1] == b"D"


def test_one_recipient_needs_no_log(spool: Path) -> None:
    bounces, post, _ = make("bounce")
    single = append()
    assert ask(bounces, One(report(RequestKind.ONE), single.recipient, single.dsn)) == [True]
    assert len(post.sent) == 1


def test_a_bounce_without_a_log_is_tried_again(spool: Path) -> None:
    bounces, _, _ = make("bounce")
    assert ask(bounces, report(RequestKind.FLUSH)) == [False]


def test_success_of_a_bounce_is_not_reported(spool: Path) -> None:
    bounces, post, sink = make("trace")
    assert ask(bounces, append(), report(RequestKind.TRACE, sender="")) == [True, True]
    assert post.sent == []
    bounces._log.flush()
    assert "not sending trace/success notification for single-bounce message" in sink.lines[-1][1]


@pytest.mark.parametrize("queue_id", ["../x", "a/b", "", "x" * 300])
def test_a_queue_id_is_no_path(spool: Path, queue_id: str) -> None:
    bounces, _, sink = make("bounce")
    assert ask(bounces, Append(0, queue_id, Recipient("u@x"), Dsn("5.0.0", "x"))) == [False]
    assert "malformed queue id" in sink.lines[0][1]
