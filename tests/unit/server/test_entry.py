from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pymail.config.main_cf import ConfigError
from pymail.log.fatal import FatalError
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from pymail.server import entry
from pymail.server.invocation import Invocation
from pymail.tables.base import TableError
from tests.support.processes import in_child, lines_of, make_invocation


def test_a_normal_end_is_status_zero_and_flushes_the_log(tmp_path: Path) -> None:
    invocation = make_invocation(tmp_path)

    def main(given: Invocation) -> None:
        given.log.info("done")

    assert entry.live(main, invocation) == 0
    assert isinstance(invocation.log.sink, MemorySink)
    assert invocation.log.sink.lines == [("info", "done")]


@pytest.mark.parametrize(
    ("error", "line"),
    [
        pytest.param(FatalError("no queue"), "fatal: no queue", id="fatal"),
        pytest.param(ConfigError("/etc/main.cf", 3, "x", "bad x"), "fatal: ", id="configuration"),
        pytest.param(TableError("lmdb:/x", "no such file"), "fatal: lmdb:/x: no such file", id="table"),
        pytest.param(ValueError("a bug"), "fatal: ValueError: a bug", id="bug"),
    ],
)
def test_an_error_is_logged_and_status_one(error: Exception, line: str, tmp_path: Path) -> None:
    invocation = make_invocation(tmp_path)

    def main(_invocation: Invocation) -> None:
        raise error

    assert entry.live(main, invocation, pause=0) == 1
    assert lines_of(invocation)[-1].startswith(line)


def test_a_bug_leaves_its_trace_in_the_log() -> None:
    sink = MemorySink()

    def step() -> None:
        raise ValueError("a bug")

    entry.guarded(step, Log("t", sink), pause=0)
    assert any("test_entry.py" in text for _severity, text in sink.lines)


@pytest.mark.parametrize(("code", "status"), [(None, 0), (3, 3), ("text", 1)])
def test_an_exit_keeps_its_status(code: int | str | None, status: int) -> None:
    assert entry.guarded(lambda: sys.exit(code), Log("t", MemorySink())) == status


def test_leaving_runs_nothing_else() -> None:
    with in_child(lambda: entry.leave(9)) as child:
        assert child.wait() == 9
