from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pymail.unix.safe_open import NewFile, UnsafeFileError, safe_open

APPEND = os.O_WRONLY | os.O_APPEND


def test_an_ordinary_file_is_opened(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("old")
    fd = safe_open(str(tmp_path / "f"), APPEND)
    os.write(fd, b"new")
    os.close(fd)
    assert (tmp_path / "f").read_text() == "oldnew"


def test_a_missing_file_is_made_with_its_mode(tmp_path: Path) -> None:
    os.close(safe_open(str(tmp_path / "f"), APPEND | os.O_CREAT, NewFile(mode=0o640)))
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o640 & ~_umask()


def _umask() -> int:
    old = os.umask(0)
    os.umask(old)
    return old


def test_a_missing_file_stays_missing_without_create(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        safe_open(str(tmp_path / "f"), APPEND)


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    (tmp_path / "target").write_text("keep")
    (tmp_path / "f").symlink_to(tmp_path / "target")
    with pytest.raises(UnsafeFileError, match="symbolic link"):
        safe_open(str(tmp_path / "f"), APPEND | os.O_CREAT)


def test_a_dangling_link_makes_no_file_elsewhere(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    (tmp_path / "f").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="symbolic link|exists|disappears"):
        safe_open(str(tmp_path / "f"), APPEND | os.O_CREAT)
    assert not (tmp_path / "target").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="root's own links")
def test_a_link_of_roots_in_roots_directory_is_followed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "target").write_text("")
    (tmp_path / "f").symlink_to(tmp_path / "target")
    os.close(safe_open(str(tmp_path / "f"), APPEND))


def test_a_file_with_a_second_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    os.link(tmp_path / "f", tmp_path / "g")
    with pytest.raises(UnsafeFileError, match="file has 2 hard links"):
        safe_open(str(tmp_path / "f"), APPEND)


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="directory"):
        safe_open(str(tmp_path), os.O_RDONLY)


def test_a_refused_file_is_not_cut(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("keep")
    os.link(tmp_path / "f", tmp_path / "g")
    with pytest.raises(UnsafeFileError):
        safe_open(str(tmp_path / "f"), os.O_WRONLY | os.O_TRUNC)
    assert (tmp_path / "f").read_text() == "keep"


def test_exclusive_means_new(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    with pytest.raises(FileExistsError):
        safe_open(str(tmp_path / "f"), APPEND | os.O_CREAT | os.O_EXCL)
