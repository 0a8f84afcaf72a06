"""LMDB files: locks, transactions, growth, files that are replaced."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.tables.base import TableOpenError
from pymail.tables.lmdb_file import LmdbFile, LmdbFileError, LmdbFiles

SIZE = 1 << 20


def test_what_is_put_is_there(tmp_path: Path) -> None:
    file = LmdbFile(str(tmp_path / "t.lmdb"), SIZE, writable=True, mode=0o640)
    assert file.put(b"a\0", b"1\0", overwrite=False)
    assert not file.put(b"a\0", b"2\0", overwrite=False)
    assert file.get(b"x", b"a\0", b"a") == (1, b"1\0")
    assert file.put(b"a\0", b"2\0", overwrite=True)
    assert list(file.entries()) == [(b"a\0", b"2\0")]
    assert file.delete(b"a\0", b"a")
    assert not file.delete(b"a\0", b"a")
    assert file.get(b"a\0") is None
    assert (tmp_path / "t.lmdb").stat().st_mode & 0o777 == 0o640 & ~current_umask()


def current_umask() -> int:
    value = os.umask(0)
    os.umask(value)
    return value


def test_a_missing_file_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(TableOpenError, match=r"^open database .*/t.lmdb: No such file or directory$"):
        LmdbFile(str(tmp_path / "t.lmdb"), SIZE)


def test_a_file_of_another_kind_cannot_be_opened(tmp_path: Path) -> None:
    path = tmp_path / "t.lmdb"
    path.write_bytes(os.urandom(100))
    with pytest.raises(TableOpenError, match="MDB_INVALID"):
        LmdbFile(str(path), SIZE)


def test_a_process_opens_a_file_once(tmp_path: Path) -> None:
    files = LmdbFiles()
    path = str(tmp_path / "t.lmdb")
    writer = files.open(path, SIZE, writable=True, mode=0o600)
    os.link(path, tmp_path / "other.lmdb")
    assert files.open(str(tmp_path / "other.lmdb"), SIZE) is writer
    files.close()


def test_a_reader_becomes_a_writer_when_one_is_wanted(tmp_path: Path) -> None:
    path = str(tmp_path / "t.lmdb")
    LmdbFile(path, SIZE, writable=True, mode=0o600).close()
    files = LmdbFiles()
    reader = files.open(path, SIZE)
    assert files.open(path, SIZE, writable=True) is reader
    assert reader.put(b"a", b"b", overwrite=True)
    assert reader.get(b"a") == (0, b"b")


def test_a_file_grows_over_its_first_limit(tmp_path: Path) -> None:
    path = str(tmp_path / "t.lmdb")
    file = LmdbFile(path, 64 * 1024, writable=True, mode=0o600)
    rows = [(b"key%06d" % number, b"v" * 100) for number in range(5000)]
    file.replace_all(rows)
    assert len(list(file.entries())) == 5000
    for number in range(300):
        file.put(b"more%06d" % number, b"v" * 400, overwrite=True)
    assert file.get(b"more000299") is not None


def test_a_reader_follows_a_file_that_grows(tmp_path: Path) -> None:
    path = str(tmp_path / "t.lmdb")
    LmdbFile(path, 64 * 1024, writable=True, mode=0o600).close()
    reader = LmdbFile(path, 64 * 1024)
    assert reader.get(b"key000001") is None
    in_another_process(
        f"""
file = LmdbFile({path!r}, 65536, writable=True)
file.replace_all([(b"key%06d" % number, b"v" * 100) for number in range(5000)])
"""
    )
    assert reader.get(b"key000001") == (0, b"v" * 100)


def test_a_bad_key_is_an_error_that_is_said(tmp_path: Path) -> None:
    file = LmdbFile(str(tmp_path / "t.lmdb"), SIZE, writable=True, mode=0o600)
    for operation in (
        lambda: file.put(b"k" * 600, b"", overwrite=True),
        lambda: file.replace_all([(b"", b"x")]),
        lambda: file.delete(b""),
    ):
        with pytest.raises(LmdbFileError, match="BAD_VALSIZE"):
            operation()


def test_a_failed_build_leaves_the_old_state(tmp_path: Path) -> None:
    file = LmdbFile(str(tmp_path / "t.lmdb"), SIZE, writable=True, mode=0o600)
    file.replace_all([(b"a", b"1")])
    with pytest.raises(LmdbFileError):
        file.replace_all([(b"b", b"2"), (b"k" * 600, b"")])
    assert list(file.entries()) == [(b"a", b"1")]


def test_a_replaced_file_can_be_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "t.lmdb"
    new = tmp_path / "new.lmdb"
    for name, value in ((path, b"old"), (new, b"new")):
        writer = LmdbFile(str(name), SIZE, writable=True, mode=0o600)
        writer.put(b"a", value, overwrite=True)
        writer.close()
    reader = LmdbFile(str(path), SIZE)
    assert not reader.is_replaced()
    new.rename(path)
    assert reader.is_replaced()
    assert reader.get(b"a") == (0, b"old")
    reader.reopen()
    assert reader.get(b"a") == (0, b"new")
    path.unlink()
    with pytest.raises(TableOpenError):
        reader.reopen()
    assert reader.get(b"a") == (0, b"new")


def in_another_process(code: str) -> subprocess.CompletedProcess[str]:
    text = f"import fcntl, os\nfrom pymail.tables.lmdb_file import LmdbFile\n{code}"
    return subprocess.run([sys.executable, "-c", text], check=True, capture_output=True, text=True, timeout=60)


def test_a_lookup_waits_for_no_reader_and_leaves_no_lock(tmp_path: Path) -> None:
    path = str(tmp_path / "t.lmdb")
    LmdbFile(path, SIZE, writable=True, mode=0o600).close()
    reader = LmdbFile(path, SIZE)
    reader.get(b"a")
    done = in_another_process(
        f"fd = os.open({path!r}, os.O_RDWR)\nfcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)\nprint('free')"
    )
    assert done.stdout == "free\n"


def test_a_writer_keeps_others_out(tmp_path: Path) -> None:
    path = str(tmp_path / "t.lmdb")
    file = LmdbFile(path, SIZE, writable=True, mode=0o600)
    fcntl.lockf(file._fd, fcntl.LOCK_EX)
    done = in_another_process(
        f"""
fd = os.open({path!r}, os.O_RDWR)
try:
    fcntl.lockf(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
except OSError:
    print("locked")
"""
    )
    assert done.stdout == "locked\n"


keys = st.binary(min_size=1, max_size=20)


@given(st.dictionaries(keys, st.binary(max_size=30), max_size=10))
def test_a_build_can_be_listed(tmp_path: Path, table: dict[bytes, bytes]) -> None:
    file = LmdbFile(str(tmp_path / "t.lmdb"), SIZE, writable=True, mode=0o600)
    file.replace_all(table.items())
    assert dict(file.entries()) == table
    assert [key for key, _ in file.entries()] == sorted(table)
    file.close()
