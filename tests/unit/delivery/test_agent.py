"""The blocking conversation with the queue manager, and the lock on the queue file."""

from __future__ import annotations

import fcntl
import os
import socket
import threading
from pathlib import Path

import pytest

from pymail.delivery.agent import ANNOUNCEMENT, open_queue_file, receive_request, send_status
from pymail.ipc.delivery import DeliveryRequest, FinalStatus, encode_request
from pymail.log.fatal import FatalError
from pymail.queue.directories import QueueLayout
from tests.unit.delivery.test_report import request


def test_a_request_and_its_status() -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(encode_request(request()))
    with ours, theirs:
        assert receive_request(ours) == request()
        assert theirs.recv(100) == ANNOUNCEMENT
        closer = threading.Thread(target=lambda: (theirs.recv(200), theirs.close()))
        closer.start()
        send_status(ours, FinalStatus(again=False))
        closer.join(10)
        assert not closer.is_alive()


def test_a_queue_manager_that_hangs_up_is_no_error() -> None:
    ours, theirs = socket.socketpair()
    theirs.shutdown(socket.SHUT_WR)
    with ours, theirs:
        assert receive_request(ours) is None


def layout_with(tmp_path: Path) -> tuple[QueueLayout, DeliveryRequest, Path]:
    (tmp_path / "active").mkdir()
    return QueueLayout(root=f"{tmp_path}/"), request(), tmp_path / "active/ABC1"


def test_a_message_that_is_gone_is_none(tmp_path: Path) -> None:
    layout, wanted, _ = layout_with(tmp_path)
    assert open_queue_file(layout, wanted) is None


def test_the_file_is_locked_for_sharing(tmp_path: Path) -> None:
    layout, wanted, path = layout_with(tmp_path)
    path.write_bytes(b"")
    first, second = open_queue_file(layout, wanted), open_queue_file(layout, wanted)
    assert first is not None
    assert second is not None
    other = os.open(path, os.O_RDWR)
    with pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    for fd in (first, second, other):
        os.close(fd)


def test_a_file_that_somebody_locked_is_fatal(tmp_path: Path) -> None:
    layout, wanted, path = layout_with(tmp_path)
    path.write_bytes(b"")
    other = os.open(path, os.O_RDWR)
    fcntl.flock(other, fcntl.LOCK_EX)
    with pytest.raises(FatalError):
        open_queue_file(layout, wanted)
    os.close(other)
