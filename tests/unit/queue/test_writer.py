from __future__ import annotations

import os
from itertools import count
from pathlib import Path

import pytest

from pymail.queue.directories import QueueLayout
from pymail.queue.names import inode_of, is_long_id
from pymail.queue.writer import FileCreator


@pytest.mark.parametrize("long_ids", [False, True])
def test_the_name_tells_inode_and_time(tmp_path: Path, long_ids: bool) -> None:
    (tmp_path / "incoming").mkdir()
    creator = FileCreator(QueueLayout(root=f"{tmp_path}/"), long_ids=long_ids, clock=lambda: 1795233930.54552)
    file = creator.create("incoming")
    assert os.listdir(tmp_path / "incoming") == [file.queue_id]
    assert inode_of(file.queue_id) == os.fstat(file.fd).st_ino
    assert is_long_id(file.queue_id) is long_ids
    assert os.fstat(file.fd).st_mode & 0o777 == 0o600
    assert (file.created, file.queue_name) == (1795233930, "incoming")
    file.remove()
    file.remove()
    assert os.listdir(tmp_path / "incoming") == []


def test_a_taken_temporary_name_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "incoming").mkdir()
    (tmp_path / "incoming" / f"0.{os.getpid()}").touch()
    times = count()
    creator = FileCreator(QueueLayout(root=f"{tmp_path}/"), clock=lambda: float(next(times)) / 2)
    file = creator.create("incoming")
    assert sorted(os.listdir(tmp_path / "incoming")) == sorted([f"0.{os.getpid()}", file.queue_id])
    file.remove()


def test_a_hashed_queue_gets_its_directory(tmp_path: Path) -> None:
    (tmp_path / "incoming").mkdir()
    creator = FileCreator(QueueLayout(frozenset({"incoming"}), 2, f"{tmp_path}/"))
    file = creator.create("incoming")
    assert Path(file.path).exists()
    assert Path(file.path).parent != tmp_path / "incoming"
    file.remove()


def test_nothing_is_left_where_no_file_can_be_made(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        FileCreator(QueueLayout(root=f"{tmp_path}/")).create("incoming")
    assert os.listdir(tmp_path) == []
