"""trivial-rewrite as its clients see it: Postfix's captured exchanges, octet by octet."""

from __future__ import annotations

import asyncio

import pytest

from pymail.daemons.trivial_rewrite import service
from pymail.daemons.trivial_rewrite.params import TrivialRewriteParams
from pymail.daemons.trivial_rewrite.service import Service, TrivialRewriteDaemon
from pymail.daemons.trivial_rewrite.setup import build_engine
from pymail.log.fatal import FatalError
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from pymail.proto import attr
from pymail.server.invocation import Invocation
from tests.support.configuration import configuration
from tests.support.golden_ipc import Exchange, exchanges
from tests.support.tables import make_context

#: The configuration under which the exchanges were captured.
CAPTURED_UNDER = {
    "myhostname": "mta.exam.test",
    "mydomain": "exam.test",
    "myorigin": "exam.test",
    "mydestination": "mta.exam.test, local.test",
    "relay_domains": "relay.test, sender.test, acl.test",
    "virtual_alias_domains": "valias.test",
    "virtual_mailbox_domains": "vmb.test",
    "transport_maps": "inline:{relay.test=smtp:[127.0.0.1]:21010, sender.test=smtp:[127.0.0.1]:21010,"
    " plain.test=smtp:[127.0.0.1]:21015, dead.test=smtp:[127.0.0.1]:21090,"
    " {err.test=error:5.7.9 custom error text}, {disc.test=discard:thrown away silently}}",
}
FAILING = {**CAPTURED_UNDER, "transport_maps": "fail:x"}


def make_service(settings: dict[str, str]) -> tuple[Service, MemorySink]:
    sink = MemorySink()
    log = Log("postfix/trivial-rewrite", sink)
    params = TrivialRewriteParams(configuration(settings))
    return Service(build_engine(params, make_context(), frozenset({"127.0.0.1"})), log), sink


def one_list(octets: bytes) -> list[bytes]:
    reader = attr.ListReader()
    reader.feed(octets)
    fields = reader.next_list()
    assert fields is not None
    return fields


CAPTURED = [
    exchange
    for exchange in exchanges("rewrite")
    if exchange.sent_by("client").startswith(b"request\0re")
    and "fail" not in exchange.case
    and "bad" not in exchange.case
]


def without_announcement(octets: bytes) -> bytes:
    return octets.removeprefix(service._ANNOUNCEMENT)


def test_there_are_captures() -> None:
    assert len(CAPTURED) > 30


@pytest.mark.parametrize("exchange", CAPTURED, ids=lambda exchange: exchange.case)
def test_a_captured_request_gets_the_captured_answer(exchange: Exchange) -> None:
    answers, _ = make_service(CAPTURED_UNDER)
    reply = asyncio.run(answers.answer(one_list(exchange.sent_by("client"))))
    assert reply == without_announcement(exchange.sent_by("server"))


@pytest.mark.parametrize(
    "exchange", [one for one in exchanges("rewrite") if "fail" in one.case], ids=lambda exchange: exchange.case
)
def test_a_captured_failure_is_the_same(exchange: Exchange) -> None:
    answers, _ = make_service(FAILING)
    reply = asyncio.run(answers.answer(one_list(exchange.sent_by("client"))))
    assert reply == without_announcement(exchange.sent_by("server"))


@pytest.mark.parametrize(
    ("request_", "line"),
    [
        (("request", "bogus", "address", "x"), "bad command bogus"),
        (("request", "rewrite", "rule", "bogus", "address", "x"), "unknown context: bogus"),
    ],
)
def test_a_bad_request_ends_the_connection(request_: tuple[str, ...], line: str) -> None:
    answers, sink = make_service(CAPTURED_UNDER)
    assert asyncio.run(answers.answer(one_list(attr.encode(*request_)))) is None
    assert sink.lines == [("warning", line)]


def test_a_malformed_request_is_an_error() -> None:
    answers, _ = make_service(CAPTURED_UNDER)
    with pytest.raises(attr.AttrError):
        asyncio.run(answers.answer(one_list(attr.encode("request", "resolve", "address", "x"))))


def invocation(settings: dict[str, str]) -> Invocation:
    return Invocation("trivial-rewrite", "rewrite", "unix", configuration(settings), Log("t", MemorySink()))


def test_the_daemon_opens_its_tables_before_it_gives_up_its_rights() -> None:
    daemon = TrivialRewriteDaemon()
    daemon.before_jail(invocation({**CAPTURED_UNDER, "inet_interfaces": "127.0.0.1"}))
    first, second = daemon.session(), daemon.session()
    assert first is not second


@pytest.mark.parametrize(
    "settings", [{"inet_interfaces": ""}, {"inet_protocols": "ipx"}, {"transport_maps": "regexp"}], ids=str
)
def test_a_wrong_configuration_is_fatal(settings: dict[str, str]) -> None:
    with pytest.raises(FatalError):
        TrivialRewriteDaemon().before_jail(invocation(settings))
