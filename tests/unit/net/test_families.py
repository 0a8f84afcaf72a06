from __future__ import annotations

import socket

import pytest

from pymail.net.families import BadProtocolError, family_of, is_supported, parse_protocols


def test_the_order_is_ipv4_first() -> None:
    both = parse_protocols("ipv6, ipv4")
    assert both[0] == socket.AF_INET
    assert both == parse_protocols("all")
    assert (socket.AF_INET6 in both) == is_supported(socket.AF_INET6)


@pytest.mark.parametrize(("text", "count"), [("ipv4", 1), ("", 0), ("IPv4", 1)])
def test_only_named_protocols_are_enabled(text: str, count: int) -> None:
    assert len(parse_protocols(text)) == count


def test_a_wrong_name_is_said_so() -> None:
    with pytest.raises(BadProtocolError, match="ipx"):
        parse_protocols("ipv4 ipx")


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("127.0.0.1", socket.AF_INET),
        ("::1", socket.AF_INET6),
        ("127.1", None),
        ("host", None),
        ("", None),
        ("a\0b", None),
    ],
)
def test_an_address_has_a_family(text: str, family: int | None) -> None:
    assert family_of(text) == family
