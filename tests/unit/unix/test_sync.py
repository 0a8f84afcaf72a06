from __future__ import annotations

import os
from pathlib import Path

import pytest

from pymail.unix import sync


def test_a_file_and_its_directory_are_synced(tmp_path: Path) -> None:
    fd = os.open(tmp_path / "f", os.O_RDWR | os.O_CREAT)
    os.write(fd, b"x" * 10000)
    sync.WriteBack().start(fd)
    sync.sync_file(fd)
    sync.sync_directory(str(tmp_path))
    assert os.fstat(fd).st_size == 10000
    os.close(fd)


def test_the_hint_has_no_errors_but_the_sync_has() -> None:
    sync.WriteBack().start(-1)
    with pytest.raises(OSError, match="Bad file descriptor"):
        sync.sync_file(1023)
