"""Writing tables."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.tables.base import TableOpenError, TableSyntaxError
from pymail.tables.build import (
    Duplicates,
    WriteRules,
    open_for_build,
    open_for_dump,
    open_for_update,
    path_to_build,
    source_mode,
)
from pymail.tables.open import open_table
from tests.support.tables import Lines, make_context


@pytest.mark.parametrize(
    ("duplicates", "value", "warnings"),
    [
        pytest.param(Duplicates.WARN, "1", 1, id="warn"),
        pytest.param(Duplicates.IGNORE, "1", 0, id="ignore"),
        pytest.param(Duplicates.REPLACE, "2", 0, id="replace"),
    ],
)
def test_duplicates(tmp_path: Path, duplicates: Duplicates, value: str, warnings: int) -> None:
    log = Lines()
    context = make_context(log)
    spec = f"lmdb:{tmp_path}/t"
    writer = open_for_build(spec, context, WriteRules(duplicates=duplicates), 0o600)
    writer.build([("a", "1"), ("a", "2")])
    assert list(writer.entries()) == [("a", value)]
    writer.put("a", "2")
    assert dict(writer.entries()) == {"a": value}
    assert log.lines == [f'warning: {spec}: duplicate entry: "a"'] * (2 * warnings)


def test_a_build_replaces_what_was_there(tmp_path: Path) -> None:
    context = make_context()
    spec = f"lmdb:{tmp_path}/t"
    open_for_build(spec, context, WriteRules(), 0o600).build([("a", "1")])
    open_for_build(spec, context, WriteRules(), 0o600).build([("b", "2")])
    assert list(open_for_dump(spec, context).entries()) == [("b", "2")]


@pytest.mark.parametrize("nul", [True, False])
def test_an_entry_is_removed_with_or_without_nul(tmp_path: Path, nul: bool) -> None:
    context = make_context()
    spec = f"lmdb:{tmp_path}/t"
    open_for_build(spec, context, WriteRules(nul=nul), 0o600).build([("a", "1")])
    writer = open_for_update(spec, context, WriteRules())
    assert writer.delete("a")
    assert not writer.delete("a")
    assert not writer.delete("")


def test_hash_tables_are_built_as_lmdb(tmp_path: Path) -> None:
    log = Lines()
    context = make_context(log)
    open_for_build(f"hash:{tmp_path}/t", context, WriteRules(), 0o600).build([("a", "1")])
    assert open_table(f"lmdb:{tmp_path}/t", context).lookup("a") == "1"
    assert len(log.lines) == 1


def test_a_table_has_the_mode_of_its_source(tmp_path: Path) -> None:
    source = tmp_path / "t"
    source.write_text("")
    source.chmod(0o640)
    assert source_mode(str(source)) == 0o640
    old = os.umask(0o077)
    try:
        open_for_build(f"lmdb:{source}", make_context(), WriteRules(), 0o640)
    finally:
        assert os.umask(old) == 0o077
    assert (tmp_path / "t.lmdb").stat().st_mode & 0o777 == 0o640
    with pytest.raises(TableOpenError, match="open /nonexistent: No such file"):
        source_mode("/nonexistent")


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        pytest.param("proxy:lmdb:x", "can't create maps via the proxy service", id="proxy"),
        pytest.param("cidr:/x", "no 'map create' support for this type: cidr", id="read-only"),
        pytest.param("xyz:/x", "unsupported dictionary type: xyz", id="unknown"),
    ],
)
def test_what_cannot_be_built(spec: str, error: str) -> None:
    with pytest.raises(TableOpenError) as caught:
        path_to_build(spec, make_context())
    assert str(caught.value) == error


def test_what_cannot_be_changed_or_listed() -> None:
    with pytest.raises(TableOpenError, match="^cidr:/x map requires O_RDONLY access mode$"):
        open_for_update("cidr:/x", make_context(), WriteRules())
    with pytest.raises(TableOpenError, match="^table static:x: sequence operation is not supported$"):
        open_for_dump("static:x", make_context())
    with pytest.raises(TableSyntaxError):
        open_for_dump("x", make_context())


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30),
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=50),
        max_size=8,
    ),
    st.booleans(),
)
def test_what_was_built_is_listed_and_found(tmp_path: Path, table: dict[str, str], nul: bool) -> None:
    folded = {key.casefold(): value for key, value in table.items()}
    context = make_context(surrogates=False)
    spec = f"lmdb:{tmp_path}/t"
    open_for_build(spec, context, WriteRules(nul=nul), 0o600).build(folded.items())
    assert dict(open_for_dump(spec, context).entries()) == folded
    reader = open_table(spec, context)
    assert all(reader.lookup(key) == value for key, value in folded.items())
    context.files.close()
