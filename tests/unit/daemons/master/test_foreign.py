from __future__ import annotations

import os
import socket
from pathlib import Path

from pymail.daemons.master import foreign
from tests.support.processes import in_child


def test_descriptors_get_their_numbers_whatever_they_were(tmp_path: Path) -> None:
    """Including those that have each other's final number."""

    def run() -> None:
        read_fd, write_fd = os.pipe()
        _master, worker = socket.socketpair()
        listener = socket.socket(socket.AF_UNIX)
        fds = [read_fd, write_fd, worker.fileno(), listener.fileno()]
        targets = (6, 5, 4, 3)
        parked = [os.dup(fd) for fd in fds]
        high = [os.dup2(fd, 80 + index) for index, fd in enumerate(parked)]
        placed = [os.dup2(fd, target, inheritable=False) for fd, target in zip(high, targets, strict=True)]
        environ = foreign.environment({"PATH": "/bin:/usr/bin"}, 81, "/etc/x", ("/q/public/postlog", "mx"))
        line = f"ls -l /proc/$$/fd > {tmp_path}/fds; env > {tmp_path}/env; echo $0 $@ > {tmp_path}/argv"
        foreign.execute("/bin/sh", ["sh", "-c", line, "tiny", "-t", "unix"], placed, environ)

    with in_child(run) as child:
        assert child.wait() == 0
    links = {
        words[-3]: words[-1].split(":")[0]
        for words in (line.split() for line in (tmp_path / "fds").read_text().splitlines())
        if len(words) > 8
    }
    assert {number: links[number] for number in "3456"} == {"3": "pipe", "4": "pipe", "5": "socket", "6": "socket"}
    environment = (tmp_path / "env").read_text().splitlines()
    assert {"GENERATION=121", "MAIL_CONFIG=/etc/x", "POSTLOG_SERVICE=/q/public/postlog"} <= set(environment)
    assert (tmp_path / "argv").read_text() == "tiny -t unix\n"
