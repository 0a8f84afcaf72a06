from __future__ import annotations

from pathlib import Path

import pytest

from pymail.queue import move
from pymail.queue.directories import QueueLayout


@pytest.fixture
def layout(tmp_path: Path) -> QueueLayout:
    (tmp_path / "active").mkdir()
    (tmp_path / "active" / "ABC").write_text("x")
    return QueueLayout(root=f"{tmp_path}/")


def test_deferring_sets_the_time_and_makes_the_directory(layout: QueueLayout) -> None:
    assert move.defer(layout, "ABC", "active", 1795233846)
    found = Path(layout.root) / "deferred/A/ABC"
    assert (found.stat().st_mtime, found.stat().st_atime) == (1795233846, 1795233846)
    assert move.move(layout, "ABC", "deferred", "active")
    assert (Path(layout.root) / "active/ABC").exists()


def test_a_file_that_is_gone_is_no_error(layout: QueueLayout) -> None:
    assert not move.defer(layout, "XYZ", "active", 1)
    assert not move.move(layout, "XYZ", "active", "deferred")
    assert not move.set_retry_time(layout.path("active", "XYZ"), 1)
    assert not move.remove(layout, "active", "XYZ")
    assert move.remove(layout, "active", "ABC")
