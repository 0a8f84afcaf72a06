from __future__ import annotations

import os
from pathlib import Path

import pytest

from pymail.unix import locks
from tests.support.processes import in_child


def retry(attempts: int = 3, stale_time: float = 500) -> locks.Retry:
    made = locks.Retry(attempts, 1, stale_time)
    made.sleep = lambda _seconds: None
    return made


@pytest.mark.parametrize("method", ["flock", "fcntl"])
def test_a_lock_keeps_others_out_until_it_is_released(tmp_path: Path, method: str) -> None:
    path = tmp_path / "file"
    fd = os.open(path, os.O_RDWR | os.O_CREAT)
    assert locks.lock(fd, method)

    def other(free: bool) -> None:
        assert locks.lock(os.open(path, os.O_RDWR), method) == free

    with in_child(lambda: other(False)) as child:
        assert child.wait() == 0
    locks.unlock(fd, method)
    with in_child(lambda: other(True)) as child:
        assert child.wait() == 0
    os.close(fd)


def test_shared_locks_go_together(tmp_path: Path) -> None:
    path = tmp_path / "file"
    first, second = (os.open(path, os.O_RDWR | os.O_CREAT) for _ in range(2))
    assert locks.lock(first, exclusive=False)
    assert locks.lock(second, exclusive=False)
    assert not locks.lock(second)


def test_a_mailbox_is_locked_by_all_methods(tmp_path: Path) -> None:
    path = tmp_path / "mbox"
    fd = os.open(path, os.O_RDWR | os.O_CREAT)
    made = locks.lock_file(fd, str(path), ("fcntl", "dotlock"), retry())
    assert made == [f"{path}.lock"]
    assert os.path.exists(made[0])
    locks.remove_lock_files(made)
    assert not os.path.exists(made[0])


def test_a_lock_file_of_somebody_else_is_respected(tmp_path: Path) -> None:
    path = tmp_path / "mbox"
    (tmp_path / "mbox.lock").touch()
    with pytest.raises(locks.LockBusyError):
        locks.dotlock(str(path), retry())
    assert (tmp_path / "mbox.lock").exists()


def test_a_stale_lock_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "mbox.lock").touch()
    patient = retry()
    patient.now = lambda: 10**11
    assert locks.dotlock(str(tmp_path / "mbox"), patient)


def test_nothing_is_left_behind_when_one_method_fails(tmp_path: Path) -> None:
    path = tmp_path / "mbox"
    fd, holder = (os.open(path, os.O_RDWR | os.O_CREAT) for _ in range(2))
    locks.lock(holder)
    with pytest.raises(locks.LockBusyError):
        locks.lock_file(fd, str(path), ("dotlock", "flock"), retry())
    assert not (tmp_path / "mbox.lock").exists()
