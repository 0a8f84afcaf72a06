"""postqueue -f, -i and -s."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.commands.postqueue_flush import Flush, is_domain
from pymail.commands.postqueue_params import PostqueueParams
from pymail.config.main_cf import MainCf
from pymail.log.fatal import FatalError
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from pymail.proto import attr
from tests.support.stub_service import stub_service
from tests.support.waiting import wait_for

DOWN = "Cannot flush mail queue - mail system is down"


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "public").mkdir()
    before = os.getcwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


def make(sink: MemorySink | None = None, **settings: str) -> Flush:
    conf = MainCf("/nonexistent", settings)
    return Flush(conf, PostqueueParams(conf), Log("test", sink or MemorySink()))


class FlushService:
    """Answers one request with a status."""

    def __init__(self, status: str) -> None:
        self.status = status
        self.request: list[bytes] | None = None

    def serve(self, client: socket.socket) -> None:
        client.sendall(attr.announcement("queue_flush_protocol"))
        reader = attr.ListReader()
        while (fields := reader.next_list()) is None:
            reader.feed(client.recv(1000))
        self.request = fields
        client.sendall(attr.encode("status", self.status))


def test_flushing_all_triggers_qmgr_and_pickup(queue: Path) -> None:
    heard: list[tuple[str, bytes]] = []
    with (
        stub_service(queue / "public/qmgr", lambda client: heard.append(("qmgr", client.recv(10)))),
        stub_service(queue / "public/pickup", lambda client: heard.append(("pickup", client.recv(10)))),
    ):
        make().all()
        wait_for("both triggers", lambda: len(heard) == 2)
    assert sorted((name, octets.rstrip(b"\0")) for name, octets in heard) == [("pickup", b"W"), ("qmgr", b"FADI")]


def test_without_qmgr_the_system_is_down(queue: Path) -> None:
    sink = MemorySink()
    with pytest.raises(FatalError, match=DOWN):
        make(sink).all()
    assert sink.lines == [("warning", "unable to look up public/qmgr: No such file or directory")]


def test_a_dead_qmgr_is_down_too(queue: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind("public/qmgr")
    with pytest.raises(FatalError, match=DOWN):
        make().all()


def test_one_message_is_sent(queue: Path) -> None:
    service = FlushService("0")
    with stub_service(queue / "public/flush", service.serve):
        make().message("ABC123")
    assert service.request == [b"request", b"send_file", b"queue_id", b"ABC123"]


def test_the_mail_of_a_site_is_sent(queue: Path) -> None:
    service = FlushService("0")
    with stub_service(queue / "public/flush", service.serve):
        make(fast_flush_domains="relay.test").site("sub.relay.test")
    assert service.request == [b"request", b"send_site", b"site", b"sub.relay.test"]


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("3", 'Invalid request: "relay.test"'),
        ("4", 'Flush service is not configured for destination "relay.test"'),
        ("4294967295", "Unknown flush server reply status 4294967295"),
    ],
)
def test_other_replies_are_fatal(queue: Path, status: str, text: str) -> None:
    with stub_service(queue / "public/flush", FlushService(status).serve), pytest.raises(FatalError) as caught:
        make(fast_flush_domains="relay.test").site("relay.test")
    assert str(caught.value) == text


@pytest.mark.parametrize("domains", ["", "other.test"])
def test_a_site_that_is_not_configured_is_not_asked_for(queue: Path, domains: str) -> None:
    with pytest.raises(FatalError, match='Flush service is not configured for destination "relay.test"'):
        make(fast_flush_domains=domains).site("relay.test")


def test_bad_names_are_refused(queue: Path) -> None:
    with pytest.raises(FatalError, match='Cannot flush queue ID - invalid name: "a/b"'):
        make().message("a/b")
    with pytest.raises(FatalError, match=f'invalid destination: "{"x" * 100}..."'):
        make().site("x" * 300)


def test_a_missing_flush_service_is_told(queue: Path) -> None:
    sink = MemorySink()
    with pytest.raises(FatalError, match=DOWN):
        make(sink).message("ABC")
    assert sink.lines == [("warning", "connect to public/flush: No such file or directory")]


def test_another_protocol_is_fatal(queue: Path) -> None:
    with (
        stub_service(queue / "public/flush", lambda client: client.sendall(attr.announcement("x"))),
        pytest.raises(FatalError, match="public/flush: unexpected protocol"),
    ):
        make().message("ABC")


@pytest.mark.parametrize("site", ["foo", "a.b-c.test", "[1.2.3.4]", "[ipv6:::1]", "x_y.test"])
def test_domains_and_addresses_are_destinations(site: str) -> None:
    assert is_domain(site)


@pytest.mark.parametrize("site", ["", "foo..bar", ".a", "a.", "-a", "a b", "[", "[]", "1.2.3.4", "a@b", "x" * 64])
def test_other_names_are_none(site: str) -> None:
    assert not is_domain(site)


@given(st.text(max_size=20))
def test_no_name_raises(site: str) -> None:
    assert is_domain(site) in (True, False)
