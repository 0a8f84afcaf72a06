"""The verdict follows from the service's name."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from pymail.daemons.error.service import ErrorDaemon
from pymail.ipc import bounce
from pymail.ipc.delivery import encode_request
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from pymail.proto import attr
from pymail.server.invocation import Invocation
from tests.support.configuration import configuration
from tests.support.fake_transport import FakeTransport
from tests.support.stub_service import stub_service
from tests.unit.delivery.test_report import request


@pytest.mark.parametrize(("service", "words"), [("error", "status=bounced"), ("retry", "status=deferred")])
def test_the_service_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: str, words: str) -> None:
    (tmp_path / "active").mkdir()
    (tmp_path / "active/ABC1").write_bytes(b"xR\x08u@x.test")
    monkeypatch.chdir(tmp_path)
    sink = MemorySink()
    log = Log("postfix/error", sink)

    async def run() -> None:
        daemon = ErrorDaemon()
        daemon.before_jail(Invocation("error", service, "unix", configuration({}), log))
        session = daemon.session()
        session.connection_made(FakeTransport())
        session.data_received(encode_request(request()))
        pending = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*pending)

    def accept(client: socket.socket) -> None:
        client.sendall(attr.announcement(bounce.PROTOCOL))
        client.recv(4096)
        client.sendall(bounce.encode_status(0))

    (tmp_path / "private").mkdir()
    with stub_service(tmp_path / "private/bounce", accept), stub_service(tmp_path / "private/defer", accept):
        asyncio.run(run())
    log.flush()
    assert words in sink.lines[-1][1]
