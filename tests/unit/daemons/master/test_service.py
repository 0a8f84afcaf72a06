from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pymail.daemons.master import service
from pymail.log.fatal import FatalError
from pymail.unix import pids
from pymail.unix.interpreter import module_command
from tests.support.processes import in_child


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ([], service.Options()),
        (["-w", "-c", "/x", "-v", "-v"], service.Options(directory="/x", wait=True, verbose=2)),
        (["-i"], service.Options(init=True, keep_stdout=True)),
        (["-t", "-e", "5"], service.Options(test=True, end_after=5)),
    ],
)
def test_the_command_line_is_understood(argv: list[str], expected: service.Options) -> None:
    assert service.parse(argv) == expected


@pytest.mark.parametrize("argv", [["-x"], ["extra"], ["-e", "soon"]])
def test_a_wrong_command_line_is_fatal(argv: list[str]) -> None:
    with pytest.raises(FatalError):
        service.parse(argv)


def test_the_test_says_whether_a_master_is_running(tmp_path: Path) -> None:
    (tmp_path / "pid").mkdir()
    (tmp_path / "main.cf").write_text(f"queue_directory = {tmp_path}\n")
    options = service.Options(directory=str(tmp_path), test=True)

    def run() -> None:
        assert service.run(options) == 0
        pids.create(str(tmp_path / "pid/master.pid"))
        assert service.run(options) == 1

    with in_child(run) as child:
        assert child.wait() == 0


def test_a_start_that_fails_is_status_one_and_logged(tmp_path: Path) -> None:
    (tmp_path / "main.cf").write_text(f"queue_directory = {tmp_path}/none\nmaillog_file = {tmp_path}/log\n")

    argv = [*module_command("pymail.daemons.master.service"), "-w", "-c", str(tmp_path)]
    assert subprocess.run(argv, check=False).returncode == 1
    assert f"fatal: chdir {tmp_path}/none: No such file or directory" in (tmp_path / "log").read_text()
