"""A disk that is full, or fails: clients are told to come again, nothing half-done stays, what is queued is kept."""

from __future__ import annotations

import os
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.fault.conftest import MakeSystem
from tests.support.disk import SmallDisk, small_disk
from tests.support.instance import Instance
from tests.support.oracle import needs_root
from tests.support.outcome import check_sound, wait_delivered
from tests.support.sink import Sink
from tests.support.tracing import failing, needs_strace
from tests.support.traffic import Traffic, by_smtp, in_sink, message
from tests.support.waiting import wait_for

pytestmark = needs_root

NO_SPACE = (452, b"4.3.1 Insufficient system storage")
WRITE_ERROR = (451, b"4.3.0 Error: queue file write error")
SIZE = 4 << 20
#: So small a limit that the disk is not too small by itself: half as much again has to be free.
LIMIT = 1 << 20


@contextmanager
def on_small_disk(
    mail_system: MakeSystem, settings: dict[str, str] | None = None
) -> Iterator[tuple[Instance, SmallDisk]]:
    """A running system whose queue is on a disk of its own."""
    system = mail_system({"message_size_limit": str(LIMIT), **(settings or {})}, start=False)
    with small_disk(system.queue, SIZE) as disk:
        system.start()
        try:
            yield system, disk
        finally:
            system.stop()


@contextmanager
def client_of(system: Instance) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", system.port, "client.test", 20) as client:
        client.ehlo("client.test")
        yield client


def left_behind(system: Instance) -> list[str]:
    files = system.queue_files("maildrop", "incoming", "active", "deferred", "hold", "corrupt", "bounce", "defer")
    return [str(path.relative_to(system.queue)) for path in files]


@pytest.mark.parametrize("size", [None, 1000], ids=["no-size", "size"])
def test_mail_is_refused_while_there_is_no_room_for_the_largest_message(
    size: int | None, mail_system: MakeSystem
) -> None:
    with on_small_disk(mail_system) as (system, disk):
        disk.fill(leave=LIMIT)
        with client_of(system) as client:
            parameter = f" SIZE={size}" if size else ""
            assert client.docmd(f"MAIL FROM:<alice@sender.test>{parameter}") == NO_SPACE
            system.wait_log(
                r"NOQUEUE: reject: MAIL from localhost\[127.0.0.1\]: 452 4.3.1 Insufficient system storage; "
                r"from=<alice@sender.test> proto=ESMTP helo=<client.test>"
            )
            disk.free()
            wait_for("room", lambda: client.mail("alice@sender.test")[0] == 250)
        assert left_behind(system) == []


@pytest.mark.parametrize("size", [100, 300_000, 1_000_000], ids=["small", "large", "in-pieces"])
def test_a_disk_that_fills_up_during_a_message_is_a_452_and_leaves_nothing(size: int, mail_system: MakeSystem) -> None:
    with on_small_disk(mail_system) as (system, disk), client_of(system) as client:
        client.mail("alice@sender.test")
        client.rcpt("root@mx.test")
        disk.fill()
        assert client.data(message("m1", size).replace(b"\n", b"\r\n")) == NO_SPACE
        assert left_behind(system) == []
        system.wait_log(r"cleanup\[\d+\]: warning: \w+: write queue file: No space left on device")
        disk.free()
        assert client.sendmail("alice@sender.test", ["root@mx.test"], message("m2", size)) == {}
        wait_for("the mailbox", lambda: (system.mail / "root").exists())


def test_a_full_disk_is_told_to_the_user_of_sendmail(mail_system: MakeSystem) -> None:
    with on_small_disk(mail_system) as (system, disk):
        disk.fill()
        done = system.run("sendmail", "-i", "root", stdin=message("m1"), check=False)
        assert done.returncode == os.EX_TEMPFAIL
        assert "No space left on device" in done.stderr
        assert left_behind(system) == []


def test_what_is_queued_survives_a_full_disk(mail_system: MakeSystem, sink: Sink) -> None:
    """Deliveries, deferrals and reports fail at first, as there is no room for logs and reports; none is forgotten."""
    sink.replies.update({"busy@far.test": b"450 4.2.0 busy\r\n", "refused@far.test": b"550 5.1.1 no\r\n"})
    recipients = ("busy@far.test", "refused@far.test", "ok@far.test")

    def recipient(token: str) -> str:
        return recipients[int(token[1:]) % 3]

    with on_small_disk(mail_system, {"relayhost": f"[127.0.0.1]:{sink.port}"}) as (system, disk):
        pace = [f"m{number:04}" for number in range(60)]
        with Traffic(pace, by_smtp(system.port, recipient)) as traffic:
            wait_for("some progress", lambda: len(traffic.acknowledged) > 20)
            disk.fill()
            system.wait_log("No space left on device|Insufficient system storage")
            disk.free()
            wanted = traffic.finish()
        sink.replies.pop("busy@far.test")
        returned = {token for token in wanted if recipient(token) == "refused@far.test"}
        wait_delivered(system, returned, lambda: in_sink(sink, sender=""))
        wait_delivered(system, wanted - returned, lambda: in_sink(sink, sender="alice@sender.test"))
        check_sound(system)


@needs_strace
@pytest.mark.parametrize(
    ("injection", "answer"),
    [
        pytest.param("fsync:error=EIO:when=1", WRITE_ERROR, id="fsync-EIO"),
        pytest.param("fsync:error=ENOSPC:when=1", NO_SPACE, id="fsync-ENOSPC"),
        pytest.param("pwrite64:error=EIO:when=1", WRITE_ERROR, id="write-EIO"),
        pytest.param("pwrite64:error=EDQUOT:when=1", NO_SPACE, id="write-EDQUOT"),
        pytest.param("fchmod:error=EIO:when=1", WRITE_ERROR, id="fchmod-EIO"),
        pytest.param("pwrite64:error=EFBIG:when=1", (552, b"5.3.4 Error: message file too big"), id="write-EFBIG"),
    ],
)
def test_a_message_that_cannot_be_made_durable_is_not_acknowledged(
    injection: str, answer: tuple[int, bytes], mail_system: MakeSystem
) -> None:
    system = mail_system({"relayhost": "[127.0.0.1]:1"})
    with client_of(system) as client:
        client.mail("alice@sender.test")
        client.rcpt("u@far.test")
        with failing(system, "cleanup", injection):
            assert client.data(b"Subject: x\r\n\r\nhi\r\n") == answer
        assert left_behind(system) == []
        # One message paid for it, not the daemon.
        assert client.sendmail("alice@sender.test", ["u@far.test"], b"Subject: y\r\n\r\nhi\r\n") == {}


@needs_strace
def test_a_queue_file_that_cannot_be_made_is_not_acknowledged(mail_system: MakeSystem) -> None:
    system = mail_system({"relayhost": "[127.0.0.1]:1"})
    with client_of(system) as client:
        # The first message starts cleanup, and is forgotten.
        client.mail("alice@sender.test")
        client.rcpt("u@far.test")
        client.rset()
        with failing(system, "cleanup", "rename:error=ENOSPC:when=1"):
            client.mail("alice@sender.test")
            code, _ = client.rcpt("u@far.test")
            assert 400 <= code < 500
    assert left_behind(system) == []
