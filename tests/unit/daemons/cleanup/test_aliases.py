from __future__ import annotations

import asyncio

import pytest

from pymail.daemons.cleanup.aliases import Aliases, ExpansionError, LocalSites
from pymail.daemons.cleanup.recipients import Incoming
from pymail.ipc.cleanup import CleanupStatus
from pymail.tables.address import AddressRules
from pymail.tables.context import from_config
from pymail.tables.maps import Maps
from pymail.tables.match import DomainList, DomainMatch
from tests.support.cleanup_rig import make_log, settings
from tests.support.configuration import configuration


def aliases(table: str, values: dict[str, str] | None = None) -> Aliases:
    own = settings(values)
    log, _ = make_log()
    context = from_config(configuration({}), log, in_loop=True)
    local = LocalSites("exam.test", DomainList("mydestination", "local.test", context, DomainMatch.EXACT))
    keys = AddressRules("+", local)
    return Aliases(Maps("virtual_alias_maps", table, context), keys, own.local_rules, own.params)


def expand(table: str, address: str, values: dict[str, str] | None = None) -> tuple[str, ...]:
    return asyncio.run(aliases(table, values).expand("ABC", address))


@pytest.mark.parametrize(
    ("table", "address", "result"),
    [
        pytest.param("x@y.test=z@y.test", "a@y.test", ("a@y.test",), id="none"),
        pytest.param("a@y.test=b@y.test", "A@y.test", ("b@y.test",), id="one"),
        pytest.param("{a@y.test=b@y.test, c}", "a@y.test", ("b@y.test", "c@exam.test"), id="two"),
        pytest.param(
            "{a@y.test=b@y.test, c@y.test}, b@y.test=d@y.test", "a@y.test", ("d@y.test", "c@y.test"), id="again"
        ),
        pytest.param("{a@y.test=a@y.test, b@y.test}", "a@y.test", ("a@y.test", "b@y.test"), id="itself"),
        pytest.param("a@y.test=b@y.test", "a+ext@y.test", ("b+ext@y.test",), id="extension"),
        pytest.param("@y.test=@z.test", "a+ext@y.test", ("a+ext@z.test",), id="domain"),
        pytest.param("root=admin@y.test", "root@local.test", ("admin@y.test",), id="local user"),
        pytest.param("root=admin@y.test", "root@exam.test", ("admin@y.test",), id="origin"),
        pytest.param("root=admin@y.test", "root@far.test", ("root@far.test",), id="remote user"),
    ],
)
def test_what_an_address_becomes(table: str, address: str, result: tuple[str, ...]) -> None:
    assert expand(f"inline:{{{table}}}", address) == result


def test_extensions_are_carried_over_only_where_that_is_wanted() -> None:
    values = {"propagate_unmatched_extensions": "canonical"}
    assert expand("inline:{a@y.test=b@y.test}", "a+ext@y.test", values) == ("b@y.test",)


@pytest.mark.parametrize(
    ("table", "values", "status", "words"),
    [
        pytest.param("inline:{a@y.test=b@y.test,b@y.test=a@y.test}", {}, CleanupStatus.DEFER, "map nesting", id="loop"),
        pytest.param(
            "inline:{{a@y.test=b@y.test,c@y.test,d@y.test}}", {"virtual_alias_expansion_limit": "2"},
            CleanupStatus.DEFER, "map expansion size", id="many",
        ),
        pytest.param(
            "inline:{a@y.test=long-address@y.test}", {"virtual_alias_address_length_limit": "10"}, CleanupStatus.DEFER,
            "unreasonable virtual_alias_maps result", id="long",
        ),
        pytest.param("fail:x", {}, CleanupStatus.WRITE, "map lookup problem for a@y.test", id="broken table"),
    ],
)  # fmt: skip
def test_what_cannot_be_expanded(table: str, values: dict[str, str], status: int, words: str) -> None:
    with pytest.raises(ExpansionError, match=words) as caught:
        expand(table, "a@y.test", values)
    assert caught.value.status == status


def test_all_recipients_of_a_message() -> None:
    sources = [Incoming(address, address, "", 0) for address in ("a@y.test", "b@y.test")]
    own = aliases("inline:{a@y.test=c@y.test}")
    expanded = asyncio.run(own.expand_all("ABC", sources))
    assert [item.addresses for item in expanded] == [("c@y.test",), ("b@y.test",)]
    assert not own.is_empty
    assert not own.changed()
    assert LocalSites(
        "exam.test", DomainList("x", "", from_config(configuration({}), make_log()[0]), DomainMatch.EXACT)
    ).matches_now("EXAM.test")
