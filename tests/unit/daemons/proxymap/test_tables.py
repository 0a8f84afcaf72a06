"""The requests of proxymap."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pymail.daemons.proxymap.tables import ProxyTables
from pymail.daemons.proxymap.workers import WorkerLimits, Workers
from pymail.ipc.proxymap import ProxyReply, ProxyRequest, ProxyStatus
from pymail.tables.build import WriteRules, open_for_build
from pymail.tables.flags import FOLD_FIX
from tests.support.tables import Lines, make_context


def make_tables(log: Lines | None = None) -> ProxyTables:
    return ProxyTables(make_context(log), Workers(WorkerLimits()))


def lookup(tables: ProxyTables, table: str, key: str, flags: int = FOLD_FIX) -> ProxyReply:
    return asyncio.run(tables.lookup(ProxyRequest("lookup", table, flags, key=key)))


@pytest.mark.parametrize(
    ("table", "key", "status", "value"),
    [
        pytest.param("inline:{a=b}", "A", ProxyStatus.OK, "b", id="found"),
        pytest.param("inline:{a=b}", "x", ProxyStatus.NO_KEY, "", id="not-found"),
        pytest.param("fail:x", "x", ProxyStatus.RETRY, "", id="error"),
        pytest.param("regexp:/nonexistent", "x", ProxyStatus.RETRY, "", id="surrogate"),
        pytest.param("unix:group.byname", "no-such-group", ProxyStatus.NO_KEY, "", id="by-a-thread"),
    ],
)
def test_lookups(table: str, key: str, status: int, value: str) -> None:
    reply = lookup(make_tables(), table, key)
    assert (reply.status, reply.value) == (status, value)


def test_a_client_says_whether_keys_are_folded() -> None:
    tables = make_tables()
    assert lookup(tables, "inline:{a=b}", "A", 0).status == ProxyStatus.NO_KEY
    assert lookup(tables, "inline:{a=b}", "A").status == ProxyStatus.OK


def test_open_tells_the_flags() -> None:
    assert make_tables().open(ProxyRequest("open", "inline:{a=b}")) == ProxyReply(ProxyStatus.OK, 16)
    assert make_tables().open(ProxyRequest("open", "regexp:{{/a/ b}}")) == ProxyReply(ProxyStatus.OK, 32)


def test_an_error_is_logged() -> None:
    log = Lines()
    lookup(make_tables(log), "fail:x", "key")
    assert log.lines == ['warning: fail:x lookup error for "key": Application error']


def test_a_cache_is_written_and_walked(tmp_path: Path) -> None:
    tables = make_tables()
    spec = f"btree:{tmp_path}/verify"

    def change(name: str, **values: str | int) -> ProxyReply:
        return tables.change(ProxyRequest(name, spec, 0, 7, **values))  # type: ignore[arg-type]  # one type per name

    assert change("sequence", function=0).status == ProxyStatus.NO_KEY
    for key, value in (("a@x", "1"), ("b@x", "2"), ("a@x", "3")):
        assert change("update", key=key, value=value) == ProxyReply(ProxyStatus.OK, 7)
    assert lookup(tables, spec, "a@x").value == "3"
    assert change("sequence", function=0) == ProxyReply(ProxyStatus.OK, 7, "3", "a@x")
    assert change("sequence", function=1) == ProxyReply(ProxyStatus.OK, 7, "2", "b@x")
    assert change("sequence", function=1).status == ProxyStatus.NO_KEY
    assert change("delete", key="a@x").status == ProxyStatus.OK
    assert change("delete", key="a@x").status == ProxyStatus.NO_KEY


def test_a_change_that_fails_can_be_tried_again(tmp_path: Path) -> None:
    log = Lines()
    tables = make_tables(log)
    request = ProxyRequest("update", f"lmdb:{tmp_path}/t", key="k" * 600, value="v")
    assert tables.change(request).status == ProxyStatus.RETRY
    assert "BAD_VALSIZE" in log.lines[-1]


def test_a_table_that_is_gone_is_named(tmp_path: Path) -> None:
    context = make_context()
    open_for_build(f"lmdb:{tmp_path}/t", context, WriteRules(), 0o600).build([("a", "b")])
    tables = ProxyTables(context, Workers(WorkerLimits()))
    assert lookup(tables, f"lmdb:{tmp_path}/t", "a").value == "b"
    assert tables.changed() is None
    (tmp_path / "t.lmdb").unlink()
    changed = tables.changed()
    assert changed is not None
    assert changed.spec == f"lmdb:{tmp_path}/t"
