"""A file that changes is read again; one that goes away keeps its value."""

from __future__ import annotations

import os
from pathlib import Path

from pymail.dns.watched_file import WatchedFile


def test_a_change_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("one")
    watched = WatchedFile(str(path), str.upper)
    assert watched.get() == "ONE"
    path.write_text("two")
    os.utime(path, ns=(1, 1))
    assert watched.get() == "TWO"


def test_an_unchanged_file_is_parsed_once(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("one")
    parsed: list[str] = []
    watched = WatchedFile(str(path), lambda text: parsed.append(text) or len(parsed))
    assert (watched.get(), watched.get()) == (1, 1)


def test_a_lost_file_keeps_its_value(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("one")
    watched = WatchedFile(str(path), str.upper)
    path.unlink()
    assert watched.get() == "ONE"


def test_a_file_that_never_was_is_empty(tmp_path: Path) -> None:
    assert WatchedFile(str(tmp_path / "none"), str.upper).get() == ""
