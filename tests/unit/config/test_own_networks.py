"""pymail.config.own_networks"""

from __future__ import annotations

import ipaddress

import pytest

from pymail.config.own_networks import own_networks, system_interfaces

SYSTEM = [ipaddress.ip_interface(text) for text in ("127.0.0.1/8", "192.0.2.17/26", "::1/128", "2001:db8::5/64")]


@pytest.mark.parametrize(
    ("style", "interfaces", "protocols", "networks"),
    [
        ("subnet", "all", "all", "127.0.0.0/8 192.0.2.0/26 [::1]/128 [2001:db8::]/64"),
        ("host", "all", "all", "127.0.0.1/32 192.0.2.17/32 [::1]/128 [2001:db8::5]/128"),
        ("class", "all", "ipv4", "127.0.0.0/8 192.0.2.0/24"),
        ("subnet", "loopback-only", "all", "127.0.0.0/8 [::1]/128"),
        ("subnet", "192.0.2.17, [::1]", "ipv4, ipv6", "192.0.2.0/26 [::1]/128"),
        ("subnet", "198.51.100.9", "all", "198.51.100.9/32"),
        ("subnet", "all", "ipv6", "[::1]/128 [2001:db8::]/64"),
        ("host", "", "all", ""),
    ],
)
def test_the_networks_of_the_interfaces(style: str, interfaces: str, protocols: str, networks: str) -> None:
    assert own_networks(style, interfaces, protocols, SYSTEM) == networks


def test_the_system_has_a_loopback_interface_or_none() -> None:
    found = system_interfaces()
    assert not found or any(one.ip.is_loopback for one in found)
