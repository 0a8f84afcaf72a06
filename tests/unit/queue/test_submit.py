"""A new file in the maildrop."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pymail.proto.record import parse
from pymail.queue.names import inode_of, is_long_id
from pymail.queue.submit import BUFFER, MaildropFile, TooBigError


@pytest.fixture(autouse=True)
def maildrop(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "maildrop").mkdir()
    before = os.getcwd()
    os.chdir(tmp_path)
    yield tmp_path / "maildrop"
    os.chdir(before)


@pytest.mark.parametrize("long_ids", [False, True])
def test_a_finished_file_is_complete(maildrop: Path, long_ids: bool) -> None:
    file = MaildropFile(long_ids=long_ids)
    path = maildrop / file.queue_id
    assert path.stat().st_mode & 0o777 == 0o644
    file.write(b"E\0")
    file.finish()
    file.remove()
    assert path.stat().st_mode & 0o777 == 0o744
    assert inode_of(file.queue_id) == path.stat().st_ino
    assert is_long_id(file.queue_id) == long_ids
    (_, kind, time), (_, last, _) = parse(path.read_bytes())
    assert (kind, last) == (ord("T"), ord("E"))
    assert len(time.split()) == 2


def test_an_unfinished_file_is_removed(maildrop: Path) -> None:
    file = MaildropFile()
    file.write(b"N" + b"\x7f" + b"x" * 127)
    file.remove()
    file.remove()
    assert list(maildrop.iterdir()) == []


def test_big_content_is_written_on_the_way(maildrop: Path) -> None:
    file = MaildropFile()
    file.write(b"x" * (BUFFER + 1))
    assert (maildrop / file.queue_id).stat().st_size > BUFFER
    file.remove()


def test_the_size_limit_counts_the_whole_file(maildrop: Path) -> None:
    file = MaildropFile(size_limit=100)
    file.write(b"x" * 70)
    with pytest.raises(TooBigError):
        file.write(b"x" * 20)
    file.remove()


def test_a_missing_directory_is_an_error(maildrop: Path) -> None:
    maildrop.rmdir()
    with pytest.raises(FileNotFoundError):
        MaildropFile()
