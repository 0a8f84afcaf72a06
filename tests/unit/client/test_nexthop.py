"""Next hops in all their spellings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.client.nexthop import (
    Destination,
    NexthopError,
    TcpDestination,
    UnixDestination,
    parse_known_ports,
    parse_nexthop,
    split_nexthops,
)


@pytest.mark.parametrize(
    ("text", "destination"),
    [
        pytest.param("example.com", TcpDestination("example.com", "", use_mx=True), id="domain"),
        pytest.param("example.com:26", TcpDestination("example.com", "26", use_mx=True), id="domain-port"),
        pytest.param("inet:example.com:smtp", TcpDestination("example.com", "smtp", use_mx=True), id="inet"),
        pytest.param("[host.test]", TcpDestination("host.test", "", use_mx=False), id="host"),
        pytest.param("[host.test]:587", TcpDestination("host.test", "587", use_mx=False), id="host-port"),
        pytest.param("[127.0.0.1]:2525", TcpDestination("127.0.0.1", "2525", use_mx=False), id="address"),
        pytest.param("[2001:db8::1]:25", TcpDestination("2001:db8::1", "25", use_mx=False), id="ipv6"),
        pytest.param("[ipv6:2001:db8::1]", TcpDestination("2001:db8::1", "", use_mx=False), id="ipv6-tagged"),
        pytest.param("127.0.0.1", TcpDestination("127.0.0.1", "", use_mx=False), id="bare-address"),
        pytest.param("2001:db8::1", TcpDestination("2001:db8::1", "", use_mx=False), id="bare-ipv6"),
    ],
)
def test_smtp_next_hops(text: str, destination: Destination) -> None:
    assert parse_nexthop(text) == destination


@pytest.mark.parametrize(
    ("text", "destination"),
    [
        pytest.param("unix:/run/lmtp", UnixDestination("/run/lmtp"), id="unix"),
        pytest.param("unix:private/lmtp", UnixDestination("private/lmtp"), id="unix-relative"),
        pytest.param("inet:host.test:24", TcpDestination("host.test", "24", use_mx=False), id="inet"),
        pytest.param("host.test", TcpDestination("host.test", "", use_mx=False), id="no-mx"),
    ],
)
def test_lmtp_next_hops(text: str, destination: Destination) -> None:
    assert parse_nexthop(text, lmtp=True) == destination


@pytest.mark.parametrize("text", ["", "[host", "[]", ":25", "[host]25", "a:b:c", "host:70000"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(NexthopError):
        parse_nexthop(text)


def test_unix_without_path_is_refused() -> None:
    with pytest.raises(NexthopError):
        parse_nexthop("unix:", lmtp=True)


def test_several_next_hops_are_split() -> None:
    assert split_nexthops(" a.test:25, [b.test]\tc.test,") == ("a.test:25", "[b.test]", "c.test")


def test_known_ports_have_names_and_numbers() -> None:
    ports = parse_known_ports("lmtp=24, smtp=25, smtps=submissions=465")
    assert ports == {"lmtp": 24, "smtp": 25, "smtps": 465, "submissions": 465}
    assert parse_known_ports("") == {}


@pytest.mark.parametrize("text", ["smtp", "smtp=x", "25", "smtp=0"])
def test_bad_known_ports_are_refused(text: str) -> None:
    with pytest.raises(NexthopError):
        parse_known_ports(text)


_PARTS = st.sampled_from(["[", "]", ":", "host", "25", "unix:", "inet:", "::1", "127.0.0.1", "\0", "/", "smtp"])


@given(st.one_of(st.lists(_PARTS, max_size=7).map("".join), st.text(max_size=30)), st.booleans())
def test_any_text_is_a_destination_or_refused(text: str, lmtp: bool) -> None:
    try:
        destination = parse_nexthop(text, lmtp=lmtp)
    except NexthopError:
        return
    if isinstance(destination, TcpDestination):
        assert destination.host
        assert "\0" not in destination.host
        assert not (lmtp and destination.use_mx)
    else:
        assert lmtp
        assert destination.path
