"""Tables by name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given

from pymail.tables.base import TableError, TableOpenError, TableOptions, TableSyntaxError
from pymail.tables.build import Duplicates, WriteRules, open_for_build
from pymail.tables.open import open_table, table_types
from pymail.tables.proxy import ProxyTable
from tests.support.strategies import any_text
from tests.support.tables import Lines, make_context


@pytest.mark.parametrize(
    ("spec", "key", "value"),
    [
        pytest.param("static:x", "a", "x", id="static"),
        pytest.param("inline:{a=b}", "A", "b", id="inline"),
        pytest.param("internal:x", "a", None, id="internal"),
        pytest.param("cidr:{{1.2.3.0/24 x}}", "1.2.3.4", "x", id="cidr"),
        pytest.param("regexp:{{/(a)/ x$1}}", "bab", "xa", id="regexp"),
        pytest.param("unix:group.byname", "no-such-group", None, id="unix"),
        pytest.param("environ:x", "no such variable", None, id="environ"),
    ],
)
def test_a_table_is_opened_by_its_name(spec: str, key: str, value: str | None) -> None:
    table = open_table(spec, make_context(surrogates=False))
    assert table.spec == spec
    assert table.lookup(key) == value
    assert not table.changed()


@pytest.mark.parametrize("spec", ["static", "static:", ":x", "", "proxy:static"])
def test_a_name_that_is_none_is_an_error_everywhere(spec: str) -> None:
    for surrogates in (True, False):
        with pytest.raises(TableSyntaxError, match='^open dictionary: expecting "type:name" form instead of "'):
            open_table(spec, make_context(surrogates=surrogates))


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        pytest.param("xyz:a", "unsupported dictionary type: xyz", id="type"),
        pytest.param("pcre:/x", "unsupported dictionary type: pcre", id="pcre"),
        pytest.param("regexp:/nonexistent", "open /nonexistent: No such file or directory", id="file"),
        pytest.param("lmdb:/nonexistent", "open database /nonexistent.lmdb: No such file or directory", id="lmdb"),
        pytest.param("unix:x", "unknown table: unix:x", id="unix"),
    ],
)
def test_what_cannot_be_opened_fails_at_once_or_at_each_lookup(spec: str, reason: str) -> None:
    with pytest.raises(TableOpenError) as caught:
        open_table(spec, make_context(surrogates=False))
    assert str(caught.value) == reason
    log = Lines()
    table = open_table(spec, make_context(log))
    assert log.lines == [f"error: {reason}"]
    with pytest.raises(TableError):
        table.lookup("a")
    assert log.lines[1:] == [f"warning: {spec} is unavailable. {reason}"]


def test_hash_tables_are_lmdb_tables_and_that_is_said_once(tmp_path: Path) -> None:
    log = Lines()
    context = make_context(log)
    open_for_build(f"lmdb:{tmp_path}/t", context, WriteRules(duplicates=Duplicates.WARN), 0o600).build([("a", "b")])
    for _ in range(2):
        assert open_table(f"hash:{tmp_path}/t", context).lookup("a") == "b"
    assert len(log.lines) == 1
    assert "lmdb:" in log.lines[0]


def test_accounts_are_asked_for_elsewhere_where_a_loop_runs() -> None:
    assert isinstance(open_table("unix:passwd.byname", make_context(in_loop=True)), ProxyTable)
    assert isinstance(open_table("proxy:unix:passwd.byname", make_context()), ProxyTable)
    assert not isinstance(open_table("unix:passwd.byname", make_context()), ProxyTable)


def test_utf8_is_off_where_the_system_has_it_off() -> None:
    table = open_table("inline:{\udcff=x}", make_context(utf8=False), TableOptions(utf8=True))
    assert table.lookup("\udcff") == "x"


def test_postconf_can_list_the_types() -> None:
    assert {"lmdb", "hash", "regexp", "cidr", "static", "proxy", "unix"} <= set(table_types())


@given(any_text.filter(lambda text: not text.startswith(("proxy:", "unix:"))))
def test_any_name_is_opened_or_refused(name: str) -> None:
    if "/" in name or os.path.exists(name.partition(":")[2]):
        return
    try:
        open_table(name, make_context(surrogates=False))
    except TableOpenError as error:
        assert str(error)
