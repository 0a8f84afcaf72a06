from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pymail.daemons.pickup.service import PickupDaemon
from pymail.ipc.cleanup import encode_result
from pymail.proto import attr
from pymail.server.invocation import Invocation
from tests.support.cleanup_rig import make_log
from tests.support.configuration import configuration
from tests.support.golden_queue import queue_files


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Path]:
    for name in ("maildrop", "public"):
        (tmp_path / name).mkdir()
    before = os.getcwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


def test_a_trigger_empties_the_maildrop(queue: Path) -> None:
    (path,) = queue_files("maildrop")
    (queue / "maildrop/ABC").write_bytes(path.read_bytes())
    (queue / "maildrop/ABC").chmod(0o744)
    received: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        client, _ = listener.accept()
        with client:
            client.sendall(attr.announcement("cleanup_protocol", "queue_id", "NEW1"))
            octets = b""
            while not octets.endswith(b"X\0E\0"):
                octets += client.recv(65536)
            received.append(octets)
            client.sendall(encode_result(0, ""))

    log, lines = make_log()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("public/cleanup")
        listener.listen()
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        daemon = PickupDaemon()
        invocation = Invocation("pickup", "pickup", "unix", configuration({"mail_name": "Postfix"}), log)
        daemon.before_jail(invocation)
        daemon.after_jail(invocation)
        daemon.on_trigger(b"W")
        thread.join()
    log.flush()
    assert os.listdir(queue / "maildrop") == []
    assert received[0].startswith(b"flags\0")
    assert b"\tid NEW1; " in received[0]
    assert lines[0].startswith("NEW1: uid=")
