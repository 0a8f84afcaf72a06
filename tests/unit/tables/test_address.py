"""The keys of an address."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given

from pymail.tables.address import (
    AddressMatch,
    AddressRules,
    IsLocal,
    Key,
    access_keys,
    address_keys,
    find_address,
    find_address_now,
    find_keys,
    find_keys_now,
    mapped_address,
    transport_keys,
)
from pymail.tables.base import TableError
from pymail.tables.maps import Maps
from pymail.tables.match import DomainList, DomainMatch
from tests.support.strategies import addresses, any_text
from tests.support.tables import make_context


def keys(address: str, rules: AddressRules, *, is_local: bool = False) -> list[str]:
    generator = address_keys(address, rules)
    found = []
    key = next(generator)
    while True:
        if isinstance(key, Key):
            found.append(key.text)
        try:
            key = generator.send(is_local)
        except StopIteration:
            return found


LOCAL = DomainList("mydestination", "local.test", make_context(), DomainMatch.EXACT)


@pytest.mark.parametrize(
    ("address", "rules", "is_local", "expected"),
    [
        pytest.param("u@d", AddressRules(), False, ["u@d", "@d"], id="plain"),
        pytest.param("u+e@d", AddressRules("+"), False, ["u+e@d", "u@d", "@d"], id="extension"),
        pytest.param(
            "u+e@d", AddressRules("+", LOCAL), True, ["u+e@d", "u@d", "u+e", "u", "@d"], id="local-with-extension"
        ),
        pytest.param("u@d", AddressRules("+", LOCAL), False, ["u@d", "@d"], id="not-local"),
        pytest.param("u+e@d", AddressRules("+", at_domain=False), False, ["u+e@d", "u@d"], id="without-domain"),
        pytest.param("u+e", AddressRules("+"), False, ["u+e", "u"], id="no-domain"),
        pytest.param("a b@d", AddressRules(), False, ['"a b"@d', "a b@d", "@d"], id="external-form-first"),
        pytest.param("postmaster+x@d", AddressRules("+"), False, ["postmaster+x@d", "postmaster@d", "@d"], id="split"),
        pytest.param("a@b@d", AddressRules(), False, ['"a@b"@d', "a@b@d", "@d"], id="two-at"),
        pytest.param("<>", AddressRules(), False, ['"<>"', "<>"], id="null-sender-key"),
    ],
)
def test_the_order_of_keys(address: str, rules: AddressRules, is_local: bool, expected: list[str]) -> None:
    assert keys(address, rules, is_local=is_local) == expected


def test_transport_keys_end_with_the_parents_of_the_domain() -> None:
    assert [key.text for key in transport_keys("u+e@a.b.c", "+", DomainMatch.DOT)] == [
        "u+e@a.b.c", "u@a.b.c", "a.b.c", ".b.c", ".c",
    ]  # fmt: skip
    assert [key.text for key in transport_keys("u", "+", DomainMatch.DOT)] == ["u"]


def test_access_keys_end_with_the_local_parts() -> None:
    assert [key.text for key in access_keys("u+e@a.b", "+", DomainMatch.PARENT)] == [
        "u+e@a.b", "u@a.b", "a.b", "b", "u+e@", "u@",
    ]  # fmt: skip


def find(specs: str, address: str, rules: AddressRules) -> AddressMatch | None:
    maps = Maps("virtual_alias_maps", specs, make_context())
    now = find_address_now(maps, address, rules)
    assert asyncio.run(find_address(maps, address, rules)) == now
    return now


@pytest.mark.parametrize(
    ("specs", "value", "extension"),
    [
        pytest.param("inline:{u+e@local.test=1,u@local.test=2}", "1", "", id="with-extension"),
        pytest.param("inline:{u@local.test=2,u+e=3}", "2", "+e", id="extension-left-over"),
        pytest.param("inline:{u+e=3,u=4}", "3", "", id="local-part"),
        pytest.param("inline:{u=4,@local.test=5}", "4", "+e", id="user"),
        pytest.param("inline:{@local.test=5}", "5", "+e", id="domain"),
        pytest.param("regexp:{{/^u\\+e@local.test$/ 6},{/^@/ 7}}", "6", "", id="pattern-sees-the-address"),
        pytest.param("inline:{u@local.test=2} regexp:{{/^u\\+e@/ 6}}", "6", "", id="key-by-key-not-table-by-table"),
    ],
)
def test_a_match_tells_the_extension_that_is_left_over(specs: str, value: str, extension: str) -> None:
    rules = AddressRules("+", LOCAL)
    assert find(specs, "u+e@local.test", rules) == AddressMatch(value, extension)


def test_patterns_are_asked_once() -> None:
    assert find("regexp:{{/^(u@|@|u$)/ x}}", "u+e@local.test", AddressRules("+", LOCAL)) is None


def test_a_user_at_another_domain_is_not_local() -> None:
    assert find("inline:{u=4}", "u@else.test", AddressRules("+", LOCAL)) is None


def test_nothing_is_found_in_nothing_or_for_nothing() -> None:
    assert find("", "u@d", AddressRules()) is None
    assert find("static:x", "", AddressRules()) is None


def test_an_error_is_not_no_match() -> None:
    maps = Maps("x_maps", "inline:{a=b} fail:x", make_context())
    with pytest.raises(TableError):
        find_address_now(maps, "u@d", AddressRules())
    with pytest.raises(TableError):
        asyncio.run(find_keys(maps, [Key("x", partial=False)]))


def test_a_list_of_keys_is_searched_in_order() -> None:
    maps = Maps("x_maps", "inline:{b=2,a=1}", make_context())
    wanted = [Key("x", partial=False), Key("a", partial=True, extension="+e"), Key("b", partial=True)]
    assert find_keys_now(maps, wanted) == AddressMatch("1", "+e")
    assert asyncio.run(find_keys(maps, wanted)) == AddressMatch("1", "+e")
    assert find_keys_now(maps, []) is None
    assert find_keys_now(Maps("x_maps", "", make_context()), wanted) is None


@pytest.mark.parametrize(
    ("result", "extension", "mapped"),
    [
        pytest.param("new@d", "", "new@d", id="plain"),
        pytest.param("new@d", "+e", "new+e@d", id="extension"),
        pytest.param("new", "+e", "new+e", id="no-domain"),
        pytest.param("@other", "+e", "u+e@other", id="domain-keeps-the-local-part"),
    ],
)
def test_results(result: str, extension: str, mapped: str) -> None:
    assert mapped_address(result, "u+e@d", extension) == mapped


@given(addresses)
def test_the_first_keys_are_the_address_itself(address: str) -> None:
    found = keys(address, AddressRules("+-", LOCAL), is_local=True)
    assert address in found[:2]
    assert found[-1] == "@" + address.rpartition("@")[2]


@given(any_text)
def test_any_address_has_keys(address: str) -> None:
    assert keys(address, AddressRules("+", LOCAL), is_local=True)
    assert any(isinstance(key, IsLocal) for key in address_keys(address, AddressRules("", LOCAL))) == ("@" in address)
