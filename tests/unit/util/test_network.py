"""Tests for pymail.util.network."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.util.network import (
    Address,
    Network,
    NetworkError,
    NetworkSet,
    NetworkTable,
    parse_address,
    parse_network,
)


@pytest.mark.parametrize(
    ("pattern", "network"),
    [
        ("10.0.0.0/8", "10.0.0.0/8"), ("10.1.2.3", "10.1.2.3/32"), ("[10.0.0.0]/8", "10.0.0.0/8"),
        ("[10.0.0.0/8]", "10.0.0.0/8"), ("10.0.0.0/08", "10.0.0.0/8"), ("[2001:db8::]/32", "2001:db8::/32"),
        ("2001:db8::/32", "2001:db8::/32"), ("[2001:db8::]", "2001:db8::/128"), ("::/0", "::/0"),
        ("0.0.0.0/0", "0.0.0.0/0"), ("::ffff:1.2.3.4", "::ffff:1.2.3.4/128"),
    ],
)  # fmt: skip
def test_pattern(pattern: str, network: str) -> None:
    assert str(parse_network(pattern)) == network


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("10.0.0.1/8", 'non-null host address bits in "10.0.0.1/8", perhaps you should use "10.0.0.0/8" instead'),
        (
            "[2001:db8::1]/32",
            'non-null host address bits in "2001:db8::1/32", perhaps you should use "2001:db8::/32" instead',
        ),
        ("1.2.3.4/0", 'non-null host address bits in "1.2.3.4/0", perhaps you should use "0.0.0.0/0" instead'),
        ("10.0.0.0/33", 'bad mask length in "10.0.0.0/33"'),
        ("[::1]/129", 'bad mask length in "::1/129"'),
        ("10.0.0.0/x", 'bad mask value in "10.0.0.0/x"'),
        ("10.0.0.0/", 'bad mask value in "10.0.0.0/"'),
        ("10.0.0.0/-1", 'bad mask value in "10.0.0.0/-1"'),
        ("1.2.3.4/1/2", 'bad mask value in "1.2.3.4/1/2"'),
        ("/8", 'bad network value in "/8"'),
        ("[]/8", 'bad network value in "/8"'),
        ("10.0.0/8", 'bad network value in "10.0.0/8"'),
        ("10.0.0.256", 'bad address pattern: "10.0.0.256"'),
        ("010.0.0.1", 'bad address pattern: "010.0.0.1"'),
        ("fe80::1%eth0", 'bad address pattern: "fe80::1%eth0"'),
        ("[]", 'bad address pattern: ""'),
        ("[2001:db8::", "missing ']' character after \"[2001:db8::\""),
        ("[2001:db8::]x", 'garbage after "[2001:db8::]"'),
    ],
)
def test_bad_pattern_is_told_in_the_words_of_postfix(pattern: str, text: str) -> None:
    with pytest.raises(NetworkError) as caught:
        parse_network(pattern)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    "text",
    ["", "1.2.3", "1..2.3", "1.2.3.4.5", "12345::", "1:2:3:4:5:6:7:8:9", "1::2::3", ":1", "1:", ":::", "1.2.3.4::",
     "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1.2.3.٤", " 1.2.3.4", "+1.2.3.4"],
)  # fmt: skip
def test_no_address(text: str) -> None:
    assert parse_address(text) is None


_networks = st.one_of(
    st.builds(lambda value, length: _network(4, value, length), st.integers(0, 2**32 - 1), st.integers(0, 32)),
    st.builds(lambda value, length: _network(6, value, length), st.integers(0, 2**128 - 1), st.integers(0, 128)),
)
_few = st.integers(0, 7).map(lambda low: Address(4, low << 29)) | st.integers(0, 7).map(
    lambda low: Address(6, low << 125)
)


def _network(version: int, value: int, length: int) -> Network:
    host_bits = (32 if version == 4 else 128) - length
    return Network(version, value >> host_bits << host_bits, length)


@given(_networks)
def test_a_network_is_read_back(network: Network) -> None:
    assert parse_network(str(network)) == network


@given(st.lists(st.sampled_from([0, 0, 1, 0xFFFF, 0xABC]), min_size=8, max_size=8))
def test_ipv6_addresses_agree_with_the_standard_library(groups: list[int]) -> None:
    standard = ipaddress.IPv6Address(b"".join(group.to_bytes(2, "big") for group in groups))
    assert parse_address(str(standard)) == Address(6, int(standard))
    assert ipaddress.IPv6Address(str(Address(6, int(standard)))) == standard


@given(st.text(st.sampled_from(list("0123af:./[]x")), max_size=20))
def test_any_pattern_is_parsed_or_refused(pattern: str) -> None:
    try:
        assert isinstance(parse_network(pattern), Network)
    except NetworkError:
        pass
    address = parse_address(pattern)
    if address is not None:
        assert int(ipaddress.ip_address(pattern)) == address.value


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([4, 6]), st.integers(0, 7)), max_size=12), _few)
def test_lookup_gives_the_first_match(specs: list[tuple[int, int, int]], address: Address) -> None:
    networks = [_network(version, top << (29 if version == 4 else 125), length) for length, version, top in specs]
    table = NetworkTable((network, index) for index, network in enumerate(networks))
    expected = next((index for index, network in enumerate(networks) if address in network), None)
    assert table.lookup(address) == expected
    assert len(table) == len(networks)
    assert (address in NetworkSet(networks)) == (expected is not None)


def test_a_set_takes_text() -> None:
    mynetworks = NetworkSet([parse_network("127.0.0.0/8"), parse_network("[::1]")])
    assert [text in mynetworks for text in ("127.0.0.1", "::1", "128.0.0.1", "unknown")] == [True, True, False, False]
