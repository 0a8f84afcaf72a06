from __future__ import annotations

from pathlib import Path

from pymail.queue.directories import QueueLayout, parse_hash_names


def test_a_scan_finds_files_of_any_hash_depth_and_nothing_else(tmp_path: Path) -> None:
    for name in ("1A", "2/2B", "3/4/34C", "12345.77", "sub/5D", "lock.file"):
        (tmp_path / "deferred" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "deferred" / name).touch()
    layout = QueueLayout(root=f"{tmp_path}/")
    assert {name for name in layout.scan("deferred") if name != "sub"} == {"1A", "2B", "34C"}
    assert list(layout.scan("missing")) == []


def test_the_parent_of_a_hashed_path_is_made(tmp_path: Path) -> None:
    layout = QueueLayout(frozenset({"defer"}), 2, f"{tmp_path}/")
    path = layout.path("defer", "ABCD")
    assert path == f"{tmp_path}/defer/A/B/ABCD"
    layout.make_parent(path)
    layout.make_parent(path)
    assert (tmp_path / "defer/A/B").stat().st_mode & 0o777 == 0o700


def test_hash_names_are_split_at_commas_and_blanks() -> None:
    assert parse_hash_names("deferred, defer\n hold") == {"deferred", "defer", "hold"}
