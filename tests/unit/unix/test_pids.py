from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pymail.unix import pids
from tests.support.processes import in_child


def test_the_file_has_postfixs_form(tmp_path: Path) -> None:
    path = tmp_path / "master.pid"
    fd = pids.create(str(path))
    pids.write(fd, 1234)
    assert path.read_bytes() == b" " * 28 + b"1234\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert pids.read(str(path)) == 1234
    os.close(fd)


def test_the_lock_lives_as_long_as_its_process(tmp_path: Path) -> None:
    path = str(tmp_path / "master.pid")
    assert not pids.is_locked(path)
    fd = pids.create(path)

    def other() -> None:
        assert pids.is_locked(path)
        with pytest.raises(pids.LockedError):
            pids.create(path)

    with in_child(other) as child:
        assert child.wait() == 0
    os.close(fd)
    assert not pids.is_locked(path)


@pytest.mark.parametrize("content", [b"", b"junk\n", b"-5\n"])
def test_a_file_without_a_number_is_zero(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "f").write_bytes(content)
    assert pids.read(str(tmp_path / "f")) == 0


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "f").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="symbolic"):
        pids.create(str(tmp_path / "f"))


def test_a_process_is_alive_until_it_is_reaped() -> None:
    with in_child(lambda: None) as child:
        child.wait()
    assert not pids.is_alive(child.pid)
    assert pids.is_alive(os.getpid())
