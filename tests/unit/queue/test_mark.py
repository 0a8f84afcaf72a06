from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pymail.queue import mark
from pymail.queue.reader import read_records
from tests.support.golden_queue import queue_files


@pytest.fixture
def queue_file(tmp_path: Path) -> Path:
    source = next(path for path in queue_files("deferred") if "dsnpar" in path.name)
    copy = tmp_path / "9C2F854030E"
    copy.write_bytes(source.read_bytes())
    return copy


def test_a_done_recipient_differs_in_one_octet(queue_file: Path) -> None:
    before = queue_file.read_bytes()
    mark.mark_done(str(queue_file), 712)
    after = queue_file.read_bytes()
    assert [at for at in range(len(before)) if before[at] != after[at]] == [712]
    assert after[712:713] == b"D"
    mark.mark_done(str(queue_file), 712)
    assert queue_file.read_bytes() == after


@pytest.mark.parametrize("offset", [695, 713, 99999])
def test_no_other_record_is_overwritten(queue_file: Path, offset: int) -> None:
    before = queue_file.read_bytes()
    with pytest.raises(mark.MarkError):
        mark.mark_done(str(queue_file), offset)
    assert queue_file.read_bytes() == before


@pytest.mark.parametrize("offset", [0, -1])
def test_a_recipient_without_a_record_is_not_marked(queue_file: Path, offset: int) -> None:
    before = queue_file.read_bytes()
    mark.mark_done(str(queue_file), offset)
    assert queue_file.read_bytes() == before


def test_warning_sent_attribute_killed_file_corrupt(queue_file: Path) -> None:
    fd = os.open(queue_file, os.O_RDWR)
    mark.mark_warned(fd, 623)
    mark.kill_attribute(fd, 186)
    records = {at: (chr(kind), data) for at, kind, data in read_records(fd)}
    assert records[623] == ("W", b"             -1")
    assert records[186][0] == "K"
    with pytest.raises(mark.MarkError):
        mark.mark_warned(fd, 186)
    mark.mark_corrupt(fd)
    os.close(fd)
    assert queue_file.stat().st_mode & 0o777 == 0o400


@pytest.mark.parametrize(
    ("mode", "ready"),
    [(0o700, True), (0o744, True), (0o710, True), (0o600, False), (0o400, False)],
)
def test_the_owner_bits_say_that_a_file_is_complete(mode: int, ready: bool) -> None:
    assert mark.is_ready(stat.S_IFREG | mode) is ready
    assert not mark.is_ready(stat.S_IFDIR | mode)
