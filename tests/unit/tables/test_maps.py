"""Lists of tables."""

from __future__ import annotations

import asyncio

import pytest

from pymail.tables.base import TableError, TableSyntaxError
from pymail.tables.maps import Maps
from tests.support.tables import Lines, RemoteFake, make_context


def with_tables(log: Lines, *tables: RemoteFake) -> Maps:
    maps = Maps("transport_maps", "inline:{local=here}", make_context(log))
    maps.tables = (*maps.tables, *tables)
    maps._fixed = tuple(table for table in maps.tables if table.fixed)
    maps.blocking = bool(tables)
    return maps


def test_the_first_table_that_has_the_key_answers() -> None:
    maps = Maps("x_maps", "inline:{a=1} inline:{a=2, b=3}", make_context())
    assert (maps.lookup("a"), maps.lookup("b"), maps.lookup("c")) == ("1", "3", None)
    assert not maps.is_empty


def test_an_empty_list_has_nothing() -> None:
    maps = Maps("x_maps", " ", make_context())
    assert maps.is_empty
    assert maps.lookup("a") is None


def test_an_empty_key_is_not_asked_for() -> None:
    assert Maps("x_maps", "static:all", make_context()).lookup("") is None


def test_patterns_are_not_asked_for_parts() -> None:
    maps = Maps("x_maps", "regexp:{{/./ pattern}}, inline:{@d=fixed}", make_context())
    assert maps.lookup("@d") == "pattern"
    assert maps.lookup("@d", partial=True) == "fixed"


def test_an_error_is_logged_and_raised_and_ends_the_search() -> None:
    log = Lines()
    maps = Maps("x_maps", "fail:x static:y", make_context(log))
    with pytest.raises(TableError):
        maps.lookup("u@relay.test")
    assert log.lines == ['warning: fail:x lookup error for "u@relay.test"']


def test_an_empty_result_is_an_error() -> None:
    log = Lines()
    maps = Maps("x_maps", "inline:{a=}", make_context(log))
    with pytest.raises(TableError):
        maps.lookup("a")
    assert log.lines == [
        "warning: x_maps lookup of a returns an empty string result",
        "warning: x_maps should return NO RESULT in case of NOT FOUND",
    ]


@pytest.mark.parametrize("specs", ["static", "inline:{a=b"])
def test_a_name_that_is_none_is_an_error(specs: str) -> None:
    with pytest.raises(TableSyntaxError):
        Maps("x_maps", specs, make_context())


def test_a_blocking_table_is_never_asked_on_the_loop() -> None:
    remote = RemoteFake({"far": "there", "empty": ""})
    log = Lines()
    maps = with_tables(log, remote)

    async def search() -> None:
        assert await maps.find("local") == "here"
        assert await maps.find("far") == "there"
        assert await maps.find("nowhere") is None
        assert await maps.find("") is None
        for key in ("broken", "empty"):
            with pytest.raises(TableError):
                await maps.find(key)

    asyncio.run(search())
    assert remote.blocked == 0
    assert remote.asked == ["far", "nowhere", "broken", "empty"]
    assert log.lines[0] == 'warning: remote:x lookup error for "broken"'


def test_a_list_without_blocking_tables_answers_at_once() -> None:
    search = Maps("x_maps", "inline:{a=1}", make_context()).find("a")
    with pytest.raises(StopIteration) as stop:
        search.send(None)
    assert stop.value.value == "1"


def test_one_who_may_wait_asks_a_blocking_table_directly() -> None:
    remote = RemoteFake({"far": "there"})
    assert with_tables(Lines(), remote).lookup("far") == "there"
    assert remote.blocked == 1


def test_nothing_changed() -> None:
    assert Maps("x_maps", "static:y", make_context()).changed() is None
