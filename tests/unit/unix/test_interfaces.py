from __future__ import annotations

import socket

from pymail.unix.interfaces import interface_addresses


def test_the_loopback_interface_is_there() -> None:
    found = [item for item in interface_addresses() if item.address == "127.0.0.1"]
    assert len(found) == 1
    assert (found[0].family, found[0].prefix, found[0].loopback) == (socket.AF_INET, 8, True)


def test_addresses_of_one_link_only_are_left_out() -> None:
    assert not [item for item in interface_addresses() if item.address.startswith("fe80")]
