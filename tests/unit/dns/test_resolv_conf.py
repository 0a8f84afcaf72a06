"""resolv.conf as the C library reads it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pymail.dns.resolv_conf import MAX_ATTEMPTS, MAX_SERVERS, MAX_TIMEOUT, ResolvConf, Server, parse_resolv_conf

TEXT = """\
# a comment
domain old.test
search a.test b.test
nameserver 192.0.2.1
nameserver 2001:db8::1
nameserver not-an-address
options timeout:3 attempts:99 rotate unknown ndots:x
"""


def test_all_settings_are_read() -> None:
    conf = parse_resolv_conf(TEXT)
    assert conf.servers == (Server("192.0.2.1"), Server("2001:db8::1"))
    assert conf.search == ("a.test", "b.test")
    assert (conf.timeout, conf.attempts, conf.ndots, conf.rotate) == (3.0, MAX_ATTEMPTS, 1, True)


def test_an_empty_file_means_the_local_server() -> None:
    assert parse_resolv_conf("") == ResolvConf()
    assert ResolvConf().servers == (Server("127.0.0.1"),)


_WORDS = st.sampled_from(
    ["nameserver", "search", "options", "timeout:9", "attempts:0", "10.0.0.1", "::1", "#", ";", "rotate", "x", "\t"]
)


@given(st.lists(st.lists(st.one_of(_WORDS, st.text(max_size=8)), max_size=5).map(" ".join), max_size=8).map("\n".join))
def test_any_text_gives_settings_within_bounds(text: str) -> None:
    conf = parse_resolv_conf(text)
    assert 1 <= len(conf.servers) <= MAX_SERVERS
    assert 1 <= conf.timeout <= MAX_TIMEOUT
    assert 1 <= conf.attempts <= MAX_ATTEMPTS
