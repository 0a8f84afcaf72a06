from __future__ import annotations

import socket
from collections.abc import Sequence

import pytest

from pymail.net.own_addresses import BadInterfacesError, OwnAddresses, own_addresses, system_lookup
from pymail.unix.interfaces import InterfaceAddress

BOTH = (socket.AF_INET, socket.AF_INET6)


def interfaces() -> list[InterfaceAddress]:
    return [
        InterfaceAddress("lo", socket.AF_INET, "127.0.0.1", 8, loopback=True),
        InterfaceAddress("eth0", socket.AF_INET, "192.0.2.2", 24, loopback=False),
        InterfaceAddress("lo", socket.AF_INET6, "::1", 128, loopback=True),
    ]


def lookup(name: str, families: Sequence[int]) -> list[str]:
    if name == "mail.test":
        return ["192.0.2.9", "2001:db8::9"] if socket.AF_INET6 in families else ["192.0.2.9"]
    raise OSError("host not found")


def find(inet: str, proxy: str = "", families: Sequence[int] = BOTH) -> OwnAddresses:
    return own_addresses(inet, proxy, families, interfaces=interfaces, lookup=lookup)


@pytest.mark.parametrize(
    ("inet", "expected"),
    [
        pytest.param("all", ("127.0.0.1", "192.0.2.2", "::1"), id="all"),
        pytest.param("loopback-only", ("127.0.0.1", "::1"), id="loopback"),
        pytest.param("192.0.2.2, mail.test", ("192.0.2.2", "192.0.2.9", "2001:db8::9"), id="names"),
        pytest.param("[::1] 127.0.0.1 127.0.0.1", ("::1", "127.0.0.1"), id="no-duplicates"),
    ],
)
def test_inet_interfaces_names_addresses(inet: str, expected: tuple[str, ...]) -> None:
    found = find(inet)
    assert found.inet == expected
    assert found.wildcard == (inet == "all")


def test_a_disabled_family_is_left_out() -> None:
    assert find("all", families=(socket.AF_INET,)).inet == ("127.0.0.1", "192.0.2.2")
    assert find("::1 127.0.0.1", families=(socket.AF_INET,)).inet == ("127.0.0.1",)


def test_a_proxy_address_is_ours_but_not_listened_on() -> None:
    found = find("loopback-only", "203.0.113.7")
    assert "203.0.113.7" in found
    assert "203.0.113.7" not in found.inet
    assert "198.51.100.1" not in found


@pytest.mark.parametrize("inet", ["", "nosuchhost.test", "192.0.2.1:25"])
def test_wrong_interfaces_are_said_so(inet: str) -> None:
    with pytest.raises(BadInterfacesError, match="inet_interfaces"):
        find(inet)


def test_the_system_knows_localhost() -> None:
    assert system_lookup("localhost", (socket.AF_INET,)) == ["127.0.0.1"]
