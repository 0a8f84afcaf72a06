"""hosts(5)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pymail.dns.hosts_file import normal_address, parse_hosts

TEXT = """\
127.0.0.1 localhost
::1       localhost ip6-localhost
192.0.2.7 Mail.Example.test mail  # the mail host
192.0.2.8 mail.example.test
junk      name
192.0.2.9
"""


def test_names_have_their_addresses_in_order() -> None:
    hosts = parse_hosts(TEXT)
    assert hosts.addresses("LOCALHOST") == ("127.0.0.1", "::1")
    assert hosts.addresses("mail.example.test") == ("192.0.2.7", "192.0.2.8")
    assert hosts.addresses("name") == ()


def test_an_address_has_its_first_name() -> None:
    hosts = parse_hosts(TEXT)
    assert hosts.name_of("192.0.2.7") == "Mail.Example.test"
    assert hosts.name_of("0:0:0:0:0:0:0:1") == "localhost"
    assert hosts.name_of("192.0.2.9") is None


_LINE = st.lists(
    st.one_of(st.sampled_from(["127.0.0.1", "::1", "a", "b.c", "#"]), st.text(max_size=6)), max_size=4
).map(" ".join)


@given(st.lists(_LINE, max_size=6).map("\n".join))
def test_each_name_of_an_address_leads_back_to_it(text: str) -> None:
    hosts = parse_hosts(text)
    for address, name in hosts.by_address.items():
        assert normal_address(address) == address
        assert address in hosts.addresses(name)
