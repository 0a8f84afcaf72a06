from __future__ import annotations

import os
from pathlib import Path

import pytest

from pymail.daemons.pickup.maildrop import DropFile, MailDrop, explain, open_drop
from pymail.queue.directories import QueueLayout
from pymail.unix.safe_open import UnsafeFileError
from tests.support.cleanup_rig import make_log


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "maildrop"
    path.mkdir()
    return path


def scan(folder: Path) -> tuple[list[str], list[str]]:
    log, lines = make_log()
    now = folder.stat().st_mtime + 1000
    found = [file.queue_id for file in MailDrop(QueueLayout(frozenset(), 1, f"{folder.parent}/"), log).scan(now)]
    return found, lines


@pytest.mark.parametrize(("mode", "complete"), [(0o744, True), (0o700, True), (0o644, False), (0o600, False)])
def test_only_complete_files_are_taken(folder: Path, mode: int, complete: bool) -> None:
    (folder / "ABC").touch()
    (folder / "ABC").chmod(mode)
    assert scan(folder) == ((["ABC"] if complete else []), [])


def test_other_names_are_passed_over_and_other_kinds_of_files_warned_of(folder: Path) -> None:
    for name in ("12345.678", "a.b"):
        (folder / name).touch(0o744)
    os.symlink("/etc/passwd", folder / "LINK")
    (folder / "DIR").mkdir()
    found, lines = scan(folder)
    assert found == []
    assert len(lines) == 2
    assert all("not a regular file" in line for line in lines)


def test_a_file_with_two_names_is_warned_of_and_not_opened(folder: Path) -> None:
    (folder / "ABC").touch(0o744)
    os.link(folder / "ABC", folder.parent / "other")
    found, lines = scan(folder)
    assert found == ["ABC"]
    assert len(lines) == 1
    file = DropFile(str(folder / "ABC"), "ABC", 0, 0o744, 0.0)
    with pytest.raises(UnsafeFileError) as caught:
        open_drop(file)
    assert explain(caught.value) == "file has 2 hard links"
    assert explain(PermissionError(13, "Permission denied")) == "cannot open file: Permission denied"


@pytest.mark.parametrize(
    ("uid", "mode", "requeued"), [(102, 0o100700, True), (102, 0o100744, False), (5, 0o100700, False)]
)
def test_what_postsuper_put_back_is_known_by_owner_and_mode(uid: int, mode: int, requeued: bool) -> None:
    assert DropFile("maildrop/A", "A", uid, mode, 0.0).is_requeued(102) is requeued
