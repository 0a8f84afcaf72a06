"""Routes: the first condition that holds decides."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from pymail.daemons.qmgr.feedback import Rules
from pymail.daemons.qmgr.limits import TransportLimits
from pymail.daemons.qmgr.message import Message
from pymail.daemons.qmgr.resolve import Decision, Discard, Route, Router, RoutingRules
from pymail.daemons.qmgr.transport import TransportTable
from pymail.ipc.delivery import RequestFlag
from pymail.ipc.errors import ServiceError
from pymail.ipc.rewrite import RESOLVE, ResolveFlag, ResolveReply
from pymail.mail.dsn import Dsn
from pymail.mail.envelope import Recipient
from pymail.mail.rewrite import RewriteRules
from tests.support.qmgr_world import FakeResolver, make_message

ADDRESS = "User@a.test"
RECIPIENT = Recipient(ADDRESS, "o@a.test", 77)
RULES = RoutingRules(
    defer_transports=frozenset({"held"}),
    myhostname="mx.here.test",
    recipient_delimiter="+",
    probe_limit=3,
    local_rewrite=RewriteRules("origin.test", ""),
)


class FakeHealth:
    def __init__(self, dead: set[str]) -> None:
        self.dead = dead

    def reason(self, message: Message, transport: str, queue_name: str) -> Dsn | None:
        return Dsn("4.4.1", "no route") if transport in self.dead else None


def make_router(
    resolver: FakeResolver, *, dead: set[str] | None = None, probes: int = 0, rules: RoutingRules = RULES
) -> Router:
    limits = {"local": TransportLimits(Rules(), recipient_limit=1), "retry": TransportLimits(recipient_limit=1)}
    transports = TransportTable(lambda name: limits.get(name, TransportLimits()))
    return Router(rules, resolver, transports, FakeHealth(dead or set()), lambda: probes)


def answering(transport: str = "smtp", nexthop: str = "A.Test", address: str = ADDRESS, flags: int = 0) -> FakeResolver:
    resolver = FakeResolver()
    resolver.answers[ADDRESS] = ResolveReply(transport, nexthop, address, flags)
    return resolver


def target(decision: Decision | None) -> str:
    assert isinstance(decision, Route)
    return f"{decision.transport}:{decision.nexthop}"


def test_the_usual_route() -> None:
    decision = make_router(answering(address="v@b.test")).route_now(make_message(), RECIPIENT)
    assert decision == Route("smtp", "a.test", "A.Test", Recipient("v@b.test", "o@a.test", 77))


@pytest.mark.parametrize(
    ("reply", "message", "expected"),
    [
        pytest.param({"flags": ResolveFlag.FAIL}, {}, "retry:4.3.0 address resolver failure", id="resolver-failed"),
        pytest.param({"flags": ResolveFlag.ERROR}, {}, "error:5.1.3 bad address syntax", id="bad-syntax"),
        pytest.param({"address": ""}, {}, "error:5.1.3 null recipient address", id="null-recipient"),
        pytest.param({}, {"force_expire": True}, "retry:4.7.0 message is administratively expired", id="force-expired"),
        pytest.param({"transport": "held"}, {}, "retry:4.3.2 deferred transport", id="deferred-transport"),
        pytest.param({"transport": "held"}, {"flush": True}, "held:A.Test", id="flushed-queue"),
        pytest.param({"transport": "held"}, {"unthrottle": True}, "held:A.Test", id="flushed-message"),
        pytest.param({"transport": "dead"}, {}, "retry:4.4.1 no route", id="dead"),
        pytest.param(
            {}, {"trace_flags": RequestFlag.MTA_VRFY}, "retry:4.3.2 Too many address verification requests", id="probes"
        ),
        pytest.param({}, {"content_filter": "scan:[127.0.0.1]:10025"}, "scan:[127.0.0.1]:10025", id="filter"),
        pytest.param({}, {"content_filter": "scan:"}, "scan:a.test", id="filter-without-nexthop"),
        pytest.param({}, {"content_filter": "scan"}, "scan:a.test", id="filter-alone"),
        pytest.param(
            {}, {"content_filter": "scan:", "trace_flags": RequestFlag.USR_VRFY}, "smtp:A.Test", id="probe-not-filtered"
        ),
    ],
)
def test_conditions(reply: dict[str, object], message: dict[str, object], expected: str) -> None:
    router = make_router(answering(**reply), dead={"dead"}, probes=4)  # type: ignore[arg-type]  # a table of a test
    one = make_message()
    for name, value in message.items():
        setattr(one, name, value)
    assert target(router.route_now(one, RECIPIENT)) == expected


def test_the_filter_of_all_has_its_own_nexthop() -> None:
    router = make_router(FakeResolver(), rules=replace(RULES, default_filter_nexthop="filters.test"))
    message = make_message(content_filter="scan:")
    assert target(router.route_now(message, RECIPIENT)) == "scan:filters.test"


@pytest.mark.parametrize(
    ("local", "flags", "discarded"),
    [
        ("Double-Bounce", ResolveFlag.CLASS_LOCAL, True),
        ("double-bounce", ResolveFlag.CLASS_DEFAULT, False),
        ("postmaster", ResolveFlag.CLASS_LOCAL, False),
    ],
)
def test_nobody_wants_our_double_bounces(local: str, flags: int, discarded: bool) -> None:
    router = make_router(answering("local", "here", f"{local}@here.test", flags))
    assert isinstance(router.route_now(make_message(), RECIPIENT), Discard) is discarded


def test_what_is_not_cached_is_asked_for() -> None:
    resolver = answering()
    resolver.slow.add(ADDRESS)
    router = make_router(resolver)
    assert router.route_now(make_message(), RECIPIENT) is None
    assert target(asyncio.run(router.route(make_message(), RECIPIENT))) == "smtp:A.Test"
    assert resolver.asked == [ADDRESS]


def test_a_resolver_that_is_away_defers() -> None:
    class Away(FakeResolver):
        async def resolve(self, sender: str, address: str, kind: str = RESOLVE) -> ResolveReply:
            raise ServiceError("away")

    resolver = Away()
    resolver.slow.add(ADDRESS)
    decision = asyncio.run(make_router(resolver).route(make_message(), RECIPIENT))
    assert target(decision) == "retry:4.3.0 address resolver failure"


@pytest.mark.parametrize(
    ("transport", "address", "name"),
    [
        pytest.param("smtp", "User+x@a.test", "a.test", id="by-nexthop"),
        pytest.param("local", "User+x@a.test", "user@a.test", id="by-recipient-without-extension"),
        pytest.param("retry", "User@a.test", "a.test", id="not-for-retry"),
    ],
)
def test_names_of_destinations(transport: str, address: str, name: str) -> None:
    assert make_router(FakeResolver()).queue_name(transport, "A.test", address) == name


def test_a_redirected_recipient_is_completed() -> None:
    message = make_message(redirect="boss")
    assert make_router(FakeResolver()).redirected(message, RECIPIENT) == Recipient("boss@origin.test", "o@a.test", 77)
