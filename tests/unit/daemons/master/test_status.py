from __future__ import annotations

import socket

from pymail.daemons.master.status import Report, read_reports
from pymail.server.status import MESSAGE


def test_all_waiting_messages_are_read_at_once() -> None:
    master, worker = socket.socketpair()
    master.setblocking(False)
    worker.sendall(MESSAGE.pack(10, 1, 0) + MESSAGE.pack(11, 2, 1))
    assert read_reports(master) == ([Report(10, 1, 0), Report(11, 2, 1)], 0)
    assert read_reports(master) == ([], 0)


def test_a_cut_message_is_noticed() -> None:
    master, worker = socket.socketpair()
    master.setblocking(False)
    worker.sendall(MESSAGE.pack(10, 1, 0) + b"xxx")
    assert read_reports(master) == ([Report(10, 1, 0)], 3)
