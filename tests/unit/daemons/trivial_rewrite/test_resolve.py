"""Where addresses go. The cases were compared with Postfix 3.7; those of 3.12's captures are in test_service."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given

from pymail.daemons.trivial_rewrite.params import TrivialRewriteParams
from pymail.daemons.trivial_rewrite.resolve import is_valid_domain
from pymail.daemons.trivial_rewrite.setup import build_engine
from pymail.ipc.rewrite import ResolveFlag
from tests.support.configuration import configuration
from tests.support.strategies import address_text
from tests.support.tables import Lines, make_context

BASE = {
    "myhostname": "mta.exam.test",
    "mydomain": "exam.test",
    "myorigin": "exam.test",
    "mydestination": "mta.exam.test, local.test",
    "relay_domains": "relay.test, sender.test",
    "virtual_alias_domains": "valias.test",
    "virtual_mailbox_domains": "vmb.test",
    "recipient_delimiter": "+",
}
LOCAL, ALIAS, VIRTUAL = ResolveFlag.CLASS_LOCAL, ResolveFlag.CLASS_ALIAS, ResolveFlag.CLASS_VIRTUAL
RELAY, DEFAULT = ResolveFlag.CLASS_RELAY, ResolveFlag.CLASS_DEFAULT
ROUTED, ERROR, FAIL = ResolveFlag.ROUTED, ResolveFlag.ERROR, ResolveFlag.FAIL
UNKNOWN = "5.1.1 User unknown in virtual alias table"


def resolved(
    address: str, settings: dict[str, str] | None = None, sender: str = "", kind: str = "resolve"
) -> tuple[tuple[str, str, str, int], list[str]]:
    log = Lines()
    params = TrivialRewriteParams(configuration({**BASE, **(settings or {})}))
    engine = build_engine(params, make_context(log), frozenset({"127.0.0.1", "9.9.9.9"}))
    resolver = engine.verifier if kind == "verify" else engine.resolver
    reply = asyncio.run(resolver.resolve(sender, address))
    return (reply.transport, reply.nexthop, reply.recipient, reply.flags), log.lines


def route(address: str, settings: dict[str, str] | None = None, sender: str = "") -> tuple[str, str]:
    return resolved(address, settings, sender)[0][:2]


@pytest.mark.parametrize(
    ("address", "reply"),
    [
        ("joe", ("local", "mta.exam.test", "joe@mta.exam.test", LOCAL)),
        ("", ("local", "mta.exam.test", "MAILER-DAEMON@mta.exam.test", LOCAL)),
        ("a@local.test", ("local", "mta.exam.test", "a@local.test", LOCAL)),
        ("a@[127.0.0.1]", ("local", "mta.exam.test", "a@[127.0.0.1]", LOCAL)),
        ("a@[1.2.3.4]", ("smtp", "[1.2.3.4]", "a@[1.2.3.4]", DEFAULT)),
        ("a@[IPv6:1::2]", ("smtp", "[IPv6:1::2]", "a@[IPv6:1::2]", DEFAULT)),
        ("a@valias.test", ("error", UNKNOWN, "a@valias.test", ALIAS)),
        ("a@vmb.test", ("virtual", "vmb.test", "a@vmb.test", VIRTUAL)),
        ("a@relay.test", ("relay", "relay.test", "a@relay.test", RELAY)),
        ("a@sub.RELAY.test", ("relay", "sub.RELAY.test", "a@sub.RELAY.test", RELAY)),
        ("a@sub.local.test", ("smtp", "sub.local.test", "a@sub.local.test", DEFAULT)),
        ("a@foreign.test", ("smtp", "foreign.test", "a@foreign.test", DEFAULT)),
        ("a@b@c", ("smtp", "c", "a@b@c", DEFAULT | ROUTED)),
        ("a%b@relay.test", ("relay", "relay.test", "a%b@relay.test", RELAY | ROUTED)),
        ("é@relay.test", ("relay", "relay.test", "é@relay.test", RELAY)),
    ],
)
def test_address_classes(address: str, reply: tuple[str, str, str, int]) -> None:
    assert resolved(address) == (reply, [])


@pytest.mark.parametrize(
    "address",
    ["a@", "a@b..c", "a@-x", "a@1.2.3.4", "a@[::1]", "a@[x]", "a@[0.1.2.3]", "a@[]", "a@.b", "a@b c", "a@12", "a@b+c"],
)
def test_what_is_no_address(address: str) -> None:
    expected = ("CHANNEL NOT UPDATED", "NEXTHOP NOT UPDATED", address, DEFAULT | ERROR)
    assert resolved(address) == (expected, [])


TRANSPORTS = {
    "transport_maps": "inline:{t1.test=x:y, t2.test=x:, t3.test=:y, t4.test=x, t5.test=:, t6.test=error:,"
    " t7.test=retry:, t9.test=x:[h]:25, u1@t10.test=x:one, t10.test=x:dom, .t10.test=x:sub, u+e@t11.test=x:ext,"
    " u@t11.test=x:noext, local.test=l:l, valias.test=a:, vmb.test=v:, mta.exam.test=q:, [8.8.8.8]=lit:,"
    " {e1.test=error:4.7.1 foo}}"
}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("a@t1.test", ("x", "y")),
        ("a@t2.test", ("x", "t2.test")),
        ("a@t3.test", ("smtp", "y")),
        ("a@t4.test", ("x", "t4.test")),
        ("a@t5.test", ("smtp", "t5.test")),
        ("a@t6.test", ("error", "Address is undeliverable")),
        ("a@t7.test", ("retry", "Address is undeliverable")),
        ("a@t9.test", ("x", "[h]:25")),
        ("U1@T10.test", ("x", "one")),
        ("u2@t10.test", ("x", "dom")),
        ("u+x@a.b.t10.test", ("x", "sub")),
        ("u+e@t11.test", ("x", "ext")),
        ("u+f@t11.test", ("x", "noext")),
        ("v@t11.test", ("smtp", "t11.test")),
        ("a@local.test", ("l", "l")),
        ("a@valias.test", ("error", UNKNOWN)),
        ("a@vmb.test", ("v", "vmb.test")),
        ("joe", ("q", "mta.exam.test")),
        ("", ("q", "mta.exam.test")),
        ("a@[8.8.8.8]", ("lit", "[8.8.8.8]")),
        ("a@e1.test", ("error", "4.7.1 foo")),
    ],
)
def test_transport_maps(address: str, expected: tuple[str, str]) -> None:
    assert route(address, TRANSPORTS) == expected


def test_transport_maps_can_match_subdomains_without_a_dot() -> None:
    settings = {**TRANSPORTS, "parent_domain_matches_subdomains": "transport_maps"}
    assert route("a@sub.t10.test", settings) == ("x", "dom")


@pytest.mark.parametrize(
    ("entry", "address", "expected"),
    [
        ("x:star", "a@b", ("x", "star")),
        (":star", "joe", ("local", "star")),
        ("x:", "a@relay.test", ("x", "relay.test")),
        ("x:", "a@valias.test", ("error", UNKNOWN)),
    ],
)
def test_the_wildcard(entry: str, address: str, expected: tuple[str, str]) -> None:
    assert route(address, {"transport_maps": f"inline:{{*={entry}}}"}) == expected


def test_an_entry_that_says_nothing_ends_the_search() -> None:
    assert route("a@t1.test", {"transport_maps": "inline:{*=x:star, t1.test=:}"}) == ("smtp", "t1.test")


def test_patterns_are_asked_for_the_address_and_the_wildcard_only() -> None:
    settings = {"transport_maps": "regexp:{{/^b.test/ x:dom}, {/^[*]/ x:star}, {/^a@/ x:a}}"}
    assert route("a@b.test", settings) == ("x", "a")
    assert route("b@b.test", settings) == ("x", "star")


RELAYHOSTS = {
    "relayhost": "rh",
    "sender_dependent_relayhost_maps": "inline:{s1@x.test=[r1]:26, s3@x.test=DUNNO, @dom.test=r4, <>=rnull,"
    " u@e.test=rext}",
}


@pytest.mark.parametrize(
    ("sender", "nexthop"),
    [
        ("s1@x.test", "[r1]:26"),
        ("S1@X.test", "[r1]:26"),
        ("s3@x.test", "rh"),
        ("z@dom.test", "r4"),
        ("", "rnull"),
        ("u+f@e.test", "rext"),
        ("other@x", "rh"),
    ],
)
def test_the_next_hop_can_depend_on_the_sender(sender: str, nexthop: str) -> None:
    assert route("a@b", RELAYHOSTS, sender) == ("smtp", nexthop)
    assert route("a@relay.test", RELAYHOSTS, sender) == ("relay", nexthop)
    assert route("joe", RELAYHOSTS, sender) == ("local", "mta.exam.test")
    assert route("a@vmb.test", RELAYHOSTS, sender) == ("virtual", "vmb.test")


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ("s1@x.test", ("x", "h")),
        ("s2@x.test", ("x", "rh")),
        ("s3@x.test", ("smtp", "rh")),
        ("", ("n", "nn")),
        ("q@dom.test", ("error", "5.1.1 no")),
    ],
)
def test_the_transport_can_depend_on_the_sender(sender: str, expected: tuple[str, str]) -> None:
    settings = {
        "relayhost": "rh",
        "sender_dependent_default_transport_maps": "inline:{s1@x.test=x:h, s2@x.test=x:, s3@x.test=dunno, <>=n:nn,"
        " {@dom.test=error:5.1.1 no}}",
    }
    assert route("a@b", settings, sender) == expected
    assert route("a@relay.test", settings, sender) == ("relay", "rh")


def test_a_transport_parameter_can_name_the_next_hop() -> None:
    settings = {
        "relayhost": "rh", "default_transport": "smtp:dh", "relay_transport": "relay:rr", "local_transport": "lo",
        "virtual_transport": "lmtp:unix:private/x",
    }  # fmt: skip
    assert [route(address, settings) for address in ("a@b", "a@relay.test", "joe", "a@vmb.test")] == [
        ("smtp", "dh"), ("relay", "rr"), ("lo", "mta.exam.test"), ("lmtp", "unix:private/x"),
    ]  # fmt: skip


def test_verify_has_transports_of_its_own() -> None:
    settings = {"address_verify_default_transport": "v:h", "address_verify_transport_maps": "inline:{t.test=vt:}"}
    assert resolved("a@b", settings, kind="verify")[0][:2] == ("v", "h")
    assert resolved("a@t.test", settings, kind="verify")[0][:2] == ("vt", "t.test")
    assert route("a@t.test", settings) == ("smtp", "t.test")


@pytest.mark.parametrize("address", ["u+x@c.test", "z@d.test", "joe+x", "joe@local.test", "joe@exam.test"])
def test_users_who_have_moved(address: str) -> None:
    settings = {"relocated_maps": "inline:{u@c.test=new, @d.test=new, joe=new}"}
    assert route(address, settings) == ("error", "5.1.6 User has moved to new")
    assert route(address, {**settings, "relocated_prefix_enable": "no"}) == ("error", "new")
    assert route("joe@b.test", settings) == ("smtp", "b.test")


@pytest.mark.parametrize(
    ("address", "flags", "pairs"),
    [
        ("a@dup.test", LOCAL, [("mydestination", "virtual_alias_domains")]),
        ("a@d2.test", LOCAL, [("mydestination", "virtual_mailbox_domains")]),
        (
            "a@d4.test",
            ALIAS,
            [("virtual_alias_domains", "virtual_mailbox_domains"), ("virtual_alias_domains", "relay_domains")],
        ),
        ("a@d5.test", VIRTUAL, [("virtual_mailbox_domains", "relay_domains")]),
    ],
)
def test_a_domain_in_two_classes_is_named(address: str, flags: int, pairs: list[tuple[str, str]]) -> None:
    settings = {
        "mydestination": "mta.exam.test, dup.test, d2.test",
        "virtual_alias_domains": "dup.test, d4.test",
        "virtual_mailbox_domains": "d2.test, d4.test, d5.test",
        "relay_domains": "dup.test, d4.test, d5.test",
    }
    domain = address.partition("@")[2]
    reply, lines = resolved(address, settings)
    assert reply[3] == flags
    assert lines == [f"warning: do not list domain {domain} in BOTH {one} and {other}" for one, other in pairs]


@pytest.mark.parametrize(
    ("parameter", "address", "reply"),
    [
        ("mydestination", "a@b", ("CHANNEL NOT UPDATED", "NEXTHOP NOT UPDATED", "NEXTRCPT NOT UPDATED", FAIL)),
        ("mydestination", "joe", ("CHANNEL NOT UPDATED", "NEXTHOP NOT UPDATED", "NEXTRCPT NOT UPDATED", FAIL)),
        ("virtual_alias_domains", "a@b", ("CHANNEL NOT UPDATED", "NEXTHOP NOT UPDATED", "a@b", FAIL)),
        ("virtual_alias_domains", "joe", ("local", "mta.exam.test", "joe@mta.exam.test", LOCAL)),
        ("virtual_mailbox_domains", "a@b", ("CHANNEL NOT UPDATED", "NEXTHOP NOT UPDATED", "a@b", FAIL)),
        ("relay_domains", "a@b", ("CHANNEL NOT UPDATED", "NEXTHOP NOT UPDATED", "a@b", FAIL)),
        ("relay_domains", "a@vmb.test", ("virtual", "vmb.test", "a@vmb.test", VIRTUAL)),
        ("sender_dependent_relayhost_maps", "a@b", ("smtp", "NEXTHOP NOT UPDATED", "a@b", DEFAULT | FAIL)),
        ("sender_dependent_default_transport_maps", "a@b", ("CHANNEL NOT UPDATED", "NEXTHOP NOT UPDATED", "a@b", FAIL)),
        ("relocated_maps", "a@b", ("smtp", "b", "a@b", DEFAULT | FAIL)),
        ("relocated_maps", "a@valias.test", ("error", UNKNOWN, "a@valias.test", ALIAS | FAIL)),
        ("transport_maps", "a@relay.test", ("relay", "relay.test", "a@relay.test", RELAY | FAIL)),
        ("transport_maps", "a@valias.test", ("error", UNKNOWN, "a@valias.test", ALIAS)),
    ],
)
def test_a_failing_table_is_a_flag(parameter: str, address: str, reply: tuple[str, str, str, int]) -> None:
    found, lines = resolved(address, {parameter: "fail:x"}, sender="s@t")
    assert found == reply
    assert (f"warning: {parameter} lookup failure" in lines) is bool(reply[3] & FAIL and parameter != "mydestination")


def test_a_transport_has_a_name() -> None:
    reply, lines = resolved("a@b", {"default_transport": ":x", "config_directory": "/etc/postfix"})
    assert reply == ("", "x", "a@b", DEFAULT | FAIL)
    assert lines == ["warning: file /etc/postfix/main.cf: parameter default_transport: null transport is not allowed"]


def test_the_table_name_can_be_hidden() -> None:
    assert route("a@valias.test", {"show_user_unknown_table_name": "no"}) == ("error", "5.1.1 User unknown")


def test_an_address_without_end_fails() -> None:
    reply, lines = resolved("x" + "@local.test" * 250)
    assert reply[3] == FAIL
    assert "giving up" in lines[0]


@pytest.mark.parametrize(
    ("domain", "valid"),
    [("a_b.test", True), ("[1.2.3.4]", True), ("[0.0.0.0]", True), ("[ipv6:127.0.0.1]", False), ("[1.2.3.4", False)],
)
def test_domains(domain: str, valid: bool) -> None:
    assert is_valid_domain(domain) is valid


@given(address_text)
def test_any_address_has_an_answer(address: str) -> None:
    reply, _ = resolved(address, TRANSPORTS)
    assert reply[3] & ResolveFlag.CLASS_MASK
    assert not reply[3] & FAIL
