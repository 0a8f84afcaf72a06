"""lmdb: tables."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pymail.tables.base import DEFAULT_OPTIONS, TableError, TableOpenError, TableOptions
from pymail.tables.lmdb import LmdbTable, open_lmdb
from pymail.tables.lmdb_file import LmdbFile, LmdbFiles
from tests.support.tables import Lines

SIZE = 1 << 20


def built(path: Path, entries: dict[bytes, bytes]) -> LmdbTable:
    file = LmdbFile(f"{path}.lmdb", SIZE, writable=True, mode=0o600)
    file.replace_all(entries.items())
    return LmdbTable(f"lmdb:{path}", file)


@pytest.mark.parametrize("nul", [pytest.param(b"\0", id="with-nul"), pytest.param(b"", id="without-nul")])
def test_keys_with_and_without_nul_are_found(tmp_path: Path, nul: bytes) -> None:
    table = built(tmp_path / "t", {b"a" + nul: b"1" + nul, b"b" + nul: b"2" + nul})
    assert table.lookup("a") == "1"
    assert table.lookup("B") == "2"
    assert table.lookup("c") is None


@pytest.mark.parametrize("key", ["", "k" * 600, "k" * 511])
def test_a_key_that_cannot_be_stored_is_not_there(tmp_path: Path, key: str) -> None:
    assert built(tmp_path / "t", {b"a": b"1"}).lookup(key) is None


def test_what_is_not_utf8_is_absent_as_key_and_an_error_as_value(tmp_path: Path) -> None:
    table = built(tmp_path / "t", {b"a": b"\xff", b"\xff": b"x"})
    assert table.lookup("\udcff") is None
    with pytest.raises(TableError):
        table.lookup("a")
    plain = LmdbTable("lmdb:t", table._file, TableOptions(utf8=False))
    assert plain.lookup("\udcff") == "x"


def test_a_new_build_is_seen_at_once(tmp_path: Path) -> None:
    table = built(tmp_path / "t", {b"a": b"1"})
    assert table.lookup("a") == "1"
    table._file.replace_all([(b"a\0", b"2\0")])
    assert table._file.get(b"a\0") == (0, b"2\0")


def test_a_replaced_file_is_read_at_the_next_lookup(tmp_path: Path) -> None:
    built(tmp_path / "t", {b"a": b"old"})._file.close()
    table = open_lmdb("lmdb:t", str(tmp_path / "t"), LmdbFiles(), SIZE, Lines(), DEFAULT_OPTIONS)
    assert table.lookup("a") == "old"
    built(tmp_path / "new", {b"a\0": b"new\0"})._file.close()
    os.rename(tmp_path / "new.lmdb", tmp_path / "t.lmdb")
    assert table.lookup("a") == "new"
    assert not table.changed()


def test_a_file_that_is_gone_is_a_change(tmp_path: Path) -> None:
    table = built(tmp_path / "t", {b"a": b"1"})
    assert not table.changed()
    (tmp_path / "t.lmdb").unlink()
    assert table.changed()
    assert table.lookup("a") == "1"


def test_a_table_older_than_its_source_is_named(tmp_path: Path) -> None:
    source = tmp_path / "t"
    built(source, {b"a": b"1"})._file.close()
    source.write_text("a 1\n")
    table, log = f"{source}.lmdb", Lines()
    os.utime(table, (1_000_000_000, 1_000_000_000))
    os.utime(source, (1_000_000_100, 1_000_000_100))
    open_lmdb("lmdb:t", str(source), LmdbFiles(), SIZE, log, DEFAULT_OPTIONS)
    assert log.lines == [f"warning: database {table} is older than source file {source}"]


def test_a_missing_table_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(TableOpenError, match=r"open database .*/t\.lmdb: No such file or directory"):
        open_lmdb("lmdb:t", str(tmp_path / "t"), LmdbFiles(), SIZE, Lines(), DEFAULT_OPTIONS)
