from __future__ import annotations

import os
from pathlib import Path

import pytest

from pymail.daemons.master import pidfile
from pymail.daemons.master.params import MasterParams
from pymail.log.fatal import FatalError
from pymail.unix import pids
from tests.support.processes import make_conf


def params(queue: Path, data: Path) -> MasterParams:
    (queue / "pid").mkdir(parents=True, exist_ok=True)
    data.mkdir(exist_ok=True)
    return MasterParams(make_conf(queue, data_directory=str(data)))


def test_both_files_hold_the_number_of_the_process(tmp_path: Path) -> None:
    fds = pidfile.acquire(params(tmp_path / "q", tmp_path / "d"), None)
    assert pids.read(str(tmp_path / "q/pid/master.pid")) == os.getpid()
    assert (tmp_path / "d/master.lock").stat().st_size == 33
    for fd in fds:
        os.close(fd)


@pytest.mark.parametrize(("queue", "data", "name"), [("q", "other", "pid/master.pid"), ("other", "d", "master.lock")])
def test_no_second_system_uses_a_folder(tmp_path: Path, queue: str, data: str, name: str) -> None:
    fds = pidfile.acquire(params(tmp_path / "q", tmp_path / "d"), None)
    with pytest.raises(FatalError, match=f"open lock file .*{name}: unable to set exclusive lock"):
        pidfile.acquire(params(tmp_path / queue, tmp_path / data), None)
    for fd in fds:
        os.close(fd)
