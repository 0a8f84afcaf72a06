"""texthash: a source that needs no building."""

from __future__ import annotations

from pathlib import Path

import pytest

from pymail.tables.base import DEFAULT_OPTIONS, TableOpenError, TableOptions
from pymail.tables.texthash import open_texthash
from tests.support.tables import Lines


def test_the_first_of_two_entries_counts(tmp_path: Path) -> None:
    source = tmp_path / "t"
    source.write_text("Dup 1\ndup 2\n")
    log = Lines()
    table = open_texthash(f"texthash:{source}", str(source), log, DEFAULT_OPTIONS)
    assert table.lookup("DUP") == "1"
    assert log.lines == [f'warning: {source}, line 2: duplicate entry: "dup"']
    assert table.owner == source.stat().st_uid


def test_keys_can_keep_their_case(tmp_path: Path) -> None:
    source = tmp_path / "t"
    source.write_text("A 1\n")
    table = open_texthash("texthash:t", str(source), Lines(), TableOptions(fold=False))
    assert (table.lookup("A"), table.lookup("a")) == ("1", None)


def test_a_change_needs_a_reload(tmp_path: Path) -> None:
    source = tmp_path / "t"
    source.write_text("a 1\n")
    table = open_texthash("texthash:t", str(source), Lines(), DEFAULT_OPTIONS)
    source.write_text("a 2\n")
    assert table.lookup("a") == "1"
    assert not table.changed()


def test_a_missing_file_cannot_be_opened() -> None:
    with pytest.raises(TableOpenError, match="open database /nonexistent/x: No such file"):
        open_texthash("texthash:/nonexistent/x", "/nonexistent/x", Lines(), DEFAULT_OPTIONS)
