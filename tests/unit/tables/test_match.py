"""Match lists. The host cases were compared with Postfix 3.7 (debug_peer_list)."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.tables.base import TableError, TableOpenError, TableSyntaxError
from pymail.tables.match import DomainList, DomainMatch, HostList, domain_keys, parent_style
from tests.support.tables import Lines, make_context

EXACT, PARENT, DOT = DomainMatch.EXACT, DomainMatch.PARENT, DomainMatch.DOT


@pytest.mark.parametrize(
    ("style", "keys"),
    [
        pytest.param(EXACT, ["a.b.c"], id="exact"),
        pytest.param(PARENT, ["a.b.c", "b.c", "c"], id="parent"),
        pytest.param(DOT, ["a.b.c", ".b.c", ".c"], id="dot"),
    ],
)
def test_the_keys_of_a_name(style: DomainMatch, keys: list[str]) -> None:
    assert list(domain_keys("a.b.c", style)) == keys


def test_a_parameter_says_how_it_matches_subdomains() -> None:
    assert parent_style("relay_domains", "debug_peer_list,relay_domains") is PARENT
    assert parent_style("transport_maps", "debug_peer_list, relay_domains") is DOT


@pytest.mark.parametrize(
    ("patterns", "style", "name", "matches"),
    [
        pytest.param("a.test, b.test", EXACT, "b.test", True, id="in-the-list"),
        pytest.param("a.test", EXACT, "A.TEST", True, id="case"),
        pytest.param("a.test", EXACT, "x.a.test", False, id="no-subdomain"),
        pytest.param("a.test", PARENT, "x.y.a.test", True, id="subdomain"),
        pytest.param("a.test", PARENT, "xa.test", False, id="no-label-boundary"),
        pytest.param("a.test", DOT, "x.a.test", False, id="dot-wanted"),
        pytest.param(".a.test", DOT, "x.a.test", True, id="dot"),
        pytest.param(".a.test", DOT, "a.test", False, id="dot-is-not-the-domain"),
        pytest.param("!no.a.test a.test", PARENT, "x.no.a.test", False, id="exclusion-first"),
        pytest.param("a.test !no.a.test", PARENT, "no.a.test", True, id="exclusion-too-late"),
        pytest.param("!!a.test", EXACT, "a.test", True, id="twice-not"),
        pytest.param("inline:{a.test=x}", EXACT, "a.test", True, id="table"),
        pytest.param("inline:{a.test=x}", PARENT, "x.a.test", True, id="table-parent"),
        pytest.param("inline:{.a.test=x}", DOT, "x.a.test", True, id="table-dot"),
        pytest.param("!inline:{a.test=x} a.test", EXACT, "a.test", False, id="table-excludes"),
        pytest.param("regexp:{{/^a/ x}}", PARENT, "b.a.test", False, id="pattern-asked-once"),
        pytest.param("a.test fail:x", EXACT, "a.test", True, id="decided-before-the-error"),
        pytest.param("", EXACT, "a.test", False, id="empty-list"),
        pytest.param("a.test", PARENT, "", False, id="empty-name"),
    ],
)
def test_domains(patterns: str, style: DomainMatch, name: str, matches: bool) -> None:
    domains = DomainList("mydestination", patterns, make_context(), style)
    assert domains.matches_now(name) is matches
    assert asyncio.run(domains.matches(name)) is matches
    assert domains.is_empty == (not patterns)


def test_a_file_stands_for_its_patterns(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text("# comment\nf1.test f2.test,\n  !f3.test\ninline:{f4.test=1}\n")
    domains = DomainList("relay_domains", f"{path} f3.test", make_context(), EXACT)
    assert [domains.matches_now(f"f{number}.test") for number in (1, 2, 3, 4, 5)] == [True, True, False, True, False]
    turned = DomainList("relay_domains", f"!{path} f1.test f3.test", make_context(), EXACT)
    assert [turned.matches_now(f"f{number}.test") for number in (1, 3)] == [False, True]


def test_a_failing_table_is_an_error_and_is_said() -> None:
    log = Lines()
    domains = DomainList("mydestination", "fail:x a.test", make_context(log), EXACT)
    with pytest.raises(TableError):
        domains.matches_now("a.test")
    assert log.lines == ["warning: mydestination: fail:x: table lookup problem"]
    with pytest.raises(TableError):
        asyncio.run(domains.matches("a.test"))


def test_a_file_that_cannot_be_read_is_an_error_when_it_is_reached() -> None:
    log = Lines()
    domains = DomainList("mydestination", "a.test /nonexistent/list", make_context(log), EXACT)
    assert log.lines == ["error: open file /nonexistent/list: No such file or directory"]
    assert domains.matches_now("a.test")
    with pytest.raises(TableError):
        domains.matches_now("b.test")
    assert log.lines[1:] == [
        "warning: non-existent:/nonexistent/list is unavailable."
        " open file /nonexistent/list: No such file or directory",
        "warning: mydestination: non-existent:/nonexistent/list: table lookup problem",
    ]
    with pytest.raises(TableOpenError):
        DomainList("mydestination", "/nonexistent/list", make_context(surrogates=False), EXACT)


@pytest.mark.parametrize("patterns", ["::1", "! a", "inline:{a=b"])
def test_a_list_that_is_none_is_refused(patterns: str) -> None:
    with pytest.raises(TableSyntaxError):
        HostList("mynetworks", patterns, make_context(), PARENT)


HOSTS = [
    ("127.0.0.0/8", True),
    ("127.0.0.1", True),
    ("localhost", True),
    ("LOCALHOST", True),
    (".localhost", False),
    ("1.2.3", False),
    ("[127.0.0.1]", True),
    ("[127.0.0.0]/8", True),
    ("[127.0.0.0/8]", True),
    ("127.0.0.1/32", True),
    ("0.0.0.0/0", True),
    ("!127.0.0.1 127.0.0.0/8", False),
    ("127.0.0.0/8 !127.0.0.1", True),
    ("[::1 127.0.0.1", True),
    ("[]", False),
    ("[127.0.0.1", False),
    ("inline:{127.0.0.1=x}", True),
    ("inline:{localhost=x}", True),
    ("cidr:{{127.0.0.0/8 x}}", True),
    ("foo/bar 127.0.0.1", True),
    ("1234 127.0.0.1", True),
    ("[foo] 127.0.0.1", True),
    ("[::1/128] 127.0.0.1", True),
    ("1.2.3.4/x", False),
    ("1.2.3.4.5 127.0.0.1", True),
    ("127.0.0.1 fail:x", True),
    ("0x7f.0.0.1 127.0.0.1", True),
    ("127.0.0.01", False),
    ("f00d 127.0.0.1", True),
    ("[127.0.0.1]/32x 127.0.0.1", True),
    ("[2001:db8::]/16 127.0.0.1", True),
]


@pytest.mark.parametrize(("patterns", "matches"), HOSTS, ids=[patterns for patterns, _ in HOSTS])
def test_hosts(patterns: str, matches: bool) -> None:
    hosts = HostList("debug_peer_list", patterns, make_context(), PARENT)
    assert hosts.matches_now("localhost", "127.0.0.1") is matches
    assert asyncio.run(hosts.matches("localhost", "127.0.0.1")) is matches


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("1.2.3.4/24", 'non-null host address bits in "1.2.3.4/24", perhaps you should use "1.2.3.0/24" instead'),
        ("1.2.3.4/33", 'bad mask length in "1.2.3.4/33"'),
        ("127/8", 'bad network value in "127/8"'),
        ("a.b/c", 'bad mask value in "a.b/c"'),
        ("1.2.3.4/", 'bad mask value in "1.2.3.4/"'),
    ],
)
def test_a_bad_network_is_an_error(pattern: str, reason: str) -> None:
    log = Lines()
    hosts = HostList("debug_peer_list", f"{pattern} 127.0.0.1", make_context(log), PARENT)
    with pytest.raises(TableError):
        hosts.matches_now("localhost", "127.0.0.1")
    assert log.lines == [f"warning: debug_peer_list: {reason}"]


@pytest.mark.parametrize(
    ("address", "matches"),
    [("2001:db8::1", True), ("2001:db9::1", False), ("::1", True), ("::2", False), ("nonsense", False)],
)
def test_ipv6(address: str, matches: bool) -> None:
    hosts = HostList("mynetworks", "[::1] [2001:db8::]/32", make_context(), PARENT)
    assert hosts.matches_now("unknown", address) is matches


def test_a_long_list_costs_what_a_short_one_does() -> None:
    text = " ".join(f"d{number}.test" for number in range(20000))
    domains = DomainList("relay_domains", text, make_context(), PARENT)
    started = time.process_time()
    for _ in range(1000):
        assert not domains.matches_now("a.b.example.com")
    assert time.process_time() - started < 1.0


names = st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map(".".join)
patterns_of_names = st.lists(st.tuples(st.booleans(), names), max_size=8)


@given(patterns_of_names, names)
def test_the_index_agrees_with_a_search_from_left_to_right(patterns: list[tuple[bool, str]], name: str) -> None:
    text = " ".join(("!" if negated else "") + pattern for negated, pattern in patterns)
    expected = next(
        (not negated for negated, pattern in patterns if name == pattern or name.endswith(f".{pattern}")), False
    )
    assert DomainList("x", text, make_context(), PARENT).matches_now(name) is expected
    # The same where a table stands between any two patterns, so that each is a step of its own.
    apart = text.replace(" ", " inline:{none=x} ")
    assert DomainList("x", apart, make_context(), PARENT).matches_now(name) is expected


@given(st.text(st.sampled_from(list("!/:.[]{} a1,")), max_size=15))
def test_any_list_is_taken_or_refused(text: str) -> None:
    log = Lines()
    try:
        hosts = HostList("x", text, make_context(log), PARENT)
    except TableSyntaxError:
        return
    try:
        hosts.matches_now("a.a", "1.1.1.1")
    except TableError:
        assert log.lines
