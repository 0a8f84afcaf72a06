from __future__ import annotations

import asyncio
import os

import pytest

from pymail.daemons.cleanup.message import Message
from pymail.daemons.cleanup.recipients import Expanded, Incoming
from pymail.daemons.cleanup.returning import Reports, can_return, report_expansions, return_message
from pymail.ipc.bounce import Append, Report, Request, RequestKind
from pymail.ipc.cleanup import CleanupFlag, CleanupStatus
from pymail.log.events.delivery import LineStyle
from pymail.queue.writer import QueueFile
from tests.support.cleanup_rig import NOW, file_of, run, stream

LOOP = (b"Received: by x", b"Subject: x", b"", b"body")


class Bounce:
    """Notes what it is asked; *answers* says which requests are done."""

    def __init__(self, *answers: bool) -> None:
        self.asked: list[tuple[str, Request]] = []
        self._answers = list(answers)

    async def ask(self, service: str, request: Request) -> bool:
        self.asked.append((service, request))
        return self._answers.pop(0) if self._answers else True


def reports(bounce: Bounce) -> Reports:
    return Reports(bounce, "bounce", "trace", LineStyle())


def looping(flags: int) -> tuple[Message, list[str]]:
    return run(stream("a@x.test", "b", lines=LOOP), {"hopcount_limit": "1"}, flags)


def queue_file(octets: bytes) -> QueueFile:
    fd = os.memfd_create("file")
    os.write(fd, octets)
    return QueueFile(fd, "612CF54020A", "incoming", "/nonexistent/612CF54020A", NOW)


@pytest.mark.parametrize(("flags", "possible"), [(CleanupFlag.BOUNCE, True), (0, False)])
def test_only_on_request_cleanup_returns_mail(flags: int, possible: bool) -> None:
    assert can_return(looping(flags)[0]) is possible


@pytest.mark.parametrize("status", [CleanupStatus.BAD, CleanupStatus.WRITE, CleanupStatus.DEFER, CleanupStatus.RCPT])
def test_what_the_client_shall_try_again_is_not_returned(status: int) -> None:
    message, _ = looping(CleanupFlag.BOUNCE)
    message.output.fail(status)
    assert not can_return(message)


def test_every_recipient_is_reported_then_the_report_is_sent() -> None:
    message, log = looping(CleanupFlag.BOUNCE)
    file = queue_file(file_of(message))
    bounce = Bounce()
    assert asyncio.run(return_message(reports(bounce), message, file))
    message.output.log.flush()
    *appends, (service, report) = bounce.asked
    assert [(name, request.recipient.address) for name, request in appends if isinstance(request, Append)] == [
        ("bounce", "a@x.test"),
        ("bounce", "b@exam.test"),
    ]
    assert all(
        isinstance(request, Append) and (request.dsn.status, request.dsn.reason) == ("5.4.0", "too many hops")
        for _, request in appends
    )
    assert service == "bounce"
    assert isinstance(report, Report)
    assert (report.kind, report.queue_name, report.sender, report.ret_flags) == (
        RequestKind.FLUSH,
        "incoming",
        "alice@sender.test",
        2,
    )
    assert log[-1] == (
        "612CF54020A: to=<b@exam.test>, orig_to=<b>, relay=none, delay=0, delays=0/0/0/0, dsn=5.4.0, "
        "status=bounced (too many hops)"
    )


@pytest.mark.parametrize("answers", [(False,), (True, False), (True, True, False)])
def test_without_the_bounce_service_nothing_is_returned(answers: tuple[bool, ...]) -> None:
    message, _ = looping(CleanupFlag.BOUNCE)
    assert not asyncio.run(return_message(reports(Bounce(*answers)), message, queue_file(file_of(message))))


def test_a_file_that_cannot_be_read_is_not_returned() -> None:
    message, log = looping(CleanupFlag.BOUNCE)
    assert not asyncio.run(return_message(reports(Bounce()), message, queue_file(b"")))
    assert log[-1].startswith("warning: 612CF54020A: cannot return message")


def test_expansions_are_noted_for_those_who_asked() -> None:
    bounce = Bounce()
    wants = Incoming("l@x.test", "l@x.test", "rfc822;l@x.test", 2)
    expanded = [
        Expanded(wants, ("a@x.test",)),
        Expanded(wants, ("l@x.test",)),
        Expanded(Incoming("m@x.test", "m@x.test", "", 4), ("b@x.test",)),
    ]
    assert asyncio.run(report_expansions(reports(bounce), "ABC", expanded))
    ((service, request),) = bounce.asked
    assert service == "trace"
    assert isinstance(request, Append)
    assert (request.recipient.address, request.dsn.action, request.dsn.status) == ("l@x.test", "expanded", "2.0.0")
    assert not asyncio.run(report_expansions(reports(Bounce(False)), "ABC", expanded))
