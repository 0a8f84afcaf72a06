"""What can be a host name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.dns.hostname import is_hostname


@pytest.mark.parametrize(
    "name", ["localhost", "a.b", "_dmarc.example.com", "3com.com", "1.0.127.in-addr.arpa", "bücher.example"]
)
def test_a_name_is_accepted(name: str) -> None:
    assert is_hostname(name)


@pytest.mark.parametrize(
    "name",
    ["", ".", "a..b", ".a", "a.", "-a.b", "a-.b", "127.0.0.1", "1234", "a b", "a\nb", "a\0b",
     "x" * 64, "a." * 128 + "a", "a\udcff", "[::1]", "a:b"],
)  # fmt: skip
def test_other_text_is_refused(name: str) -> None:
    assert not is_hostname(name)


@given(st.text(max_size=80))
def test_a_name_holds_no_framing(text: str) -> None:
    if is_hostname(text):
        assert not set(text) & set(" \t\r\n\0<>@[]:\\/,;\"'")
