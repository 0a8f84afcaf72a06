"""System calls of a running daemon: made to fail, or written down."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.children import daemons
from tests.support.instance import Instance
from tests.support.waiting import wait_for

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="no strace")


@contextmanager
def _attached(pids: list[int], *options: str) -> Iterator[None]:
    argv = ["strace", "-f", *options, *(word for pid in pids for word in ("-p", str(pid)))]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as tracer:
        try:
            assert tracer.stderr is not None
            for _ in pids:
                line = tracer.stderr.readline()
                assert "attached" in line, line
            yield
        finally:
            tracer.terminate()


@contextmanager
def traced(instance: Instance, name: str, *options: str) -> Iterator[None]:
    """Attach strace with *options* to the daemon *name* (as root) until the block ends."""
    (daemon,) = wait_for(f"a process of {name}", lambda: daemons(instance, name))
    with _attached([daemon.pid], *options):
        yield


@contextmanager
def traced_whole(instance: Instance, *options: str) -> Iterator[None]:
    """Attach strace with *options* to the master, and so to all daemons that it starts from now on."""
    master = instance.master_pid
    assert master is not None
    with _attached([master], *options):
        yield


@contextmanager
def failing(instance: Instance, name: str, injection: str) -> Iterator[None]:
    """Make system calls of the daemon *name* fail, as *injection* says."""
    with traced(instance, name, "-o", "/dev/null", "-e", f"inject={injection}"):
        yield


def calls(path: Path) -> list[str]:
    """Return the calls in an output file of strace, in the order in which they ended, without those under way."""
    return [line.split(None, 1)[1] for line in path.read_text().splitlines() if "unfinished ..." not in line]
