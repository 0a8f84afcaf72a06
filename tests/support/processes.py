"""Forked children for tests of code that ends its process or lives for long, and what a daemon is started with."""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pymail.config.main_cf import MainCf
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from pymail.server.invocation import Invocation
from pymail.server.status import MESSAGE, StatusChannel

DEADLINE = 20.0


class Child:
    """A forked process that runs one function."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.fd = os.pidfd_open(pid)
        self.status: int | None = None

    def wait(self, seconds: float = DEADLINE) -> int:
        """Wait for its end; return the exit status, negative for a signal."""
        if self.status is None:
            assert select.select([self.fd], [], [], seconds)[0], "the process does not end"
            self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            os.close(self.fd)
        return self.status

    def has_ended(self) -> bool:
        """Whether it is gone."""
        return self.status is not None or bool(select.select([self.fd], [], [], 0)[0])


@contextmanager
def open_folder() -> Iterator[Path]:
    """A scratch folder that every user may enter: those of pytest belong to its user alone."""
    with tempfile.TemporaryDirectory(prefix="pymail-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@contextmanager
def in_child(function: Callable[[], object]) -> Iterator[Child]:
    """Run *function* in a forked child; status 0 when it returns, 70 when it raises. Killed at the end."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        status = 70
        try:
            function()
            status = 0
        except BaseException:  # noqa: BLE001  # whatever it is, the parent hears of it by the status
            traceback.print_exc()
        finally:
            os._exit(status)
    child = Child(pid)
    try:
        yield child
    finally:
        if child.status is None:
            os.kill(pid, signal.SIGKILL)
            child.wait()


class Master:
    """The master's end of a status channel, and a listener, for one worker."""

    def __init__(self, folder: Path, kind: int = socket.SOCK_STREAM) -> None:
        self.path = str(folder / "service")
        self.listener = socket.socket(socket.AF_UNIX, kind)
        self.listener.bind(self.path)
        if kind == socket.SOCK_STREAM:
            self.listener.listen(20)
        self.listener.setblocking(False)
        self.read, self.write = socket.socketpair()
        self.read.settimeout(DEADLINE)

    def channel(self, generation: int = 7, *, extended: bool = True) -> StatusChannel:
        """Return the worker's end; call it in the child."""
        self.read.close()
        return StatusChannel(self.write, generation, extended=extended)

    def let_go(self) -> None:
        """In the parent, after the fork: keep the master's end only."""
        self.write.close()

    def states(self, count: int) -> list[int]:
        """Wait for *count* messages and return their states."""
        data = b""
        while len(data) < count * MESSAGE.size:
            chunk = self.read.recv(count * MESSAGE.size - len(data))
            assert chunk, "the worker is gone"
            data += chunk
        return [MESSAGE.unpack_from(data, start)[2] for start in range(0, len(data), MESSAGE.size)]

    def connect(self) -> socket.socket:
        """Return a client."""
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(DEADLINE)
        client.connect(self.path)
        return client


def make_conf(folder: Path, **settings: str) -> MainCf:
    """Return a configuration whose folders are in *folder*."""
    (folder / "pid").mkdir(exist_ok=True)
    return MainCf(str(folder), {"queue_directory": str(folder), "data_directory": str(folder), **settings})


def make_invocation(folder: Path, settings: dict[str, str] | None = None, **fields: Any) -> Invocation:
    """Return an invocation of a daemon that keeps the rights of the test and logs to memory."""
    plain: dict[str, Any] = {
        "program": "tiny",
        "service": "tiny",
        "transport": "unix",
        "conf": make_conf(folder, **(settings or {})),
        "log": Log("postfix/tiny", MemorySink()),
        "unprivileged": False,
    }
    return Invocation(**{**plain, **fields})


def lines_of(invocation: Invocation) -> list[str]:
    """Return what was logged, severity and text."""
    invocation.log.flush()
    sink = invocation.log.sink
    assert isinstance(sink, MemorySink)
    return [f"{severity}: {text}" for severity, text in sink.lines]
