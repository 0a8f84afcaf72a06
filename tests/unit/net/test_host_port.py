from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.net.host_port import HostPortError, join, split_destination, split_listener


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("25", ("", "25")),
        ("smtp", ("", "smtp")),
        (":25", ("", "25")),
        ("127.0.0.1:10025", ("127.0.0.1", "10025")),
        ("localhost:submission", ("localhost", "submission")),
        ("[::1]:25", ("::1", "25")),
        ("[ipv6:::1]:25", ("::1", "25")),
        ("::1:25", ("::1", "25")),
    ],
)
def test_a_listener_is_split(text: str, expected: tuple[str, str]) -> None:
    assert split_listener(text) == expected


@pytest.mark.parametrize("text", ["", "host:", "[::1]", "[::1", "[::1]25", "70000", "h:1 2"])
def test_a_wrong_listener_is_said_so(text: str) -> None:
    with pytest.raises(HostPortError):
        split_listener(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("example.com", ("example.com", "25")),
        ("example.com:2525", ("example.com", "2525")),
        ("[example.com]", ("example.com", "25")),
        ("[192.0.2.1]:24", ("192.0.2.1", "24")),
        ("[2001:db8::1]", ("2001:db8::1", "25")),
    ],
)
def test_a_destination_is_split(text: str, expected: tuple[str, str]) -> None:
    assert split_destination(text, "25") == expected


@pytest.mark.parametrize("text", ["", ":25", "2001:db8::1", "[]", "[x"])
def test_a_wrong_destination_is_said_so(text: str) -> None:
    with pytest.raises(HostPortError):
        split_destination(text, "25")


@given(st.text(max_size=12))
def test_no_text_raises_anything_else(text: str) -> None:
    for split in (lambda: split_listener(text), lambda: split_destination(text, "25")):
        try:
            host, port = split()
        except HostPortError:
            continue
        assert port or host


def test_an_ipv6_address_is_joined_in_brackets() -> None:
    assert join("::1", 25) == "[::1]:25"
    assert join("host", "25") == "host:25"
