"""proxymap as its clients see it: Postfix's captured exchanges, octet by octet."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pymail.daemons.proxymap.service import ProxymapDaemon, Service
from pymail.daemons.proxymap.tables import ProxyTables
from pymail.daemons.proxymap.workers import WorkerLimits, Workers
from pymail.ipc.proxymap import PROTOCOL
from pymail.log.fatal import FatalError
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from pymail.proto import attr
from pymail.server.invocation import Invocation
from tests.support.configuration import configuration
from tests.support.golden_ipc import Exchange, exchanges
from tests.support.tables import Lines, make_context

#: The tables of the instance on which the exchanges were captured; DIR stands for its folder.
TABLES = {
    "transport": "relay.test smtp:[127.0.0.1]:21010\nsender.test smtp:[127.0.0.1]:21010\nnx.test smtp:nx.test:21010\n",
    "valias": "va@valias.test a@relay.test, b@relay.test\n",
}


def one_list(octets: bytes) -> list[bytes]:
    reader = attr.ListReader()
    reader.feed(octets)
    fields = reader.next_list()
    assert fields is not None
    return fields


def make_service(approved: frozenset[str], *, writes: bool = False) -> tuple[Service, Lines]:
    log = Lines()
    tables = ProxyTables(make_context(), Workers(WorkerLimits()))
    return Service(tables, approved, log, writes=writes), log


CAPTURED = [one for one in exchanges("proxymap") if one.sent_by("client").startswith(b"request\0")]


@pytest.mark.parametrize("exchange", CAPTURED, ids=lambda exchange: exchange.case)
def test_a_captured_request_gets_the_captured_answer(exchange: Exchange, tmp_path: Path) -> None:
    for name, text in TABLES.items():
        (tmp_path / name).write_text(text)
    folder = str(tmp_path).encode()
    service, _ = make_service(frozenset(f"texthash:{tmp_path}/{name}" for name in TABLES))
    reply = asyncio.run(service.answer(one_list(exchange.sent_by("client").replace(b"DIR", folder))))
    expected = exchange.sent_by("server").removeprefix(attr.announcement(PROTOCOL))
    assert reply == expected.replace(b"DIR", folder)


def test_other_tables_are_refused_and_the_way_out_is_named() -> None:
    service, log = make_service(frozenset())
    request = attr.encode("request", "open", "table", "texthash:/nosuch", "instance_flags", 0)
    assert asyncio.run(service.answer(one_list(request))) == attr.encode("status", 4, "flags", 0)
    assert log.lines == [
        'warning: request for unapproved table: "texthash:/nosuch"',
        "warning: to approve this table for read-only access, list proxy:texthash:/nosuch in main.cf:proxy_read_maps",
    ]


def test_the_reading_service_changes_nothing(tmp_path: Path) -> None:
    table = f"lmdb:{tmp_path}/t"
    request = attr.encode(
        "request", "update", "table", table, "instance_flags", 0, "flags", 0, "key", "a", "value", "b"
    )
    service, log = make_service(frozenset({table}))
    assert asyncio.run(service.answer(one_list(request))) == attr.encode("status", 4, "flags", 0)
    assert log.lines == [f"warning: refusing {table} update request on non-proxywrite service"]
    assert not (tmp_path / "t.lmdb").exists()
    service, _ = make_service(frozenset({table}), writes=True)
    assert asyncio.run(service.answer(one_list(request))) == attr.encode("status", 0, "flags", 0)
    assert (tmp_path / "t.lmdb").exists()


def test_a_table_that_cannot_be_written_is_a_fault_of_the_configuration() -> None:
    service, _ = make_service(frozenset({"static:x"}), writes=True)
    request = attr.encode("request", "delete", "table", "static:x", "instance_flags", 0, "flags", 0, "key", "a")
    assert asyncio.run(service.answer(one_list(request))) == attr.encode("status", 5, "flags", 0)


def test_a_request_that_is_none_is_refused() -> None:
    service, log = make_service(frozenset())
    assert asyncio.run(service.answer(one_list(attr.encode("request", "bogus")))) == attr.encode("status", 3)
    assert log.lines == ['warning: unrecognized request: "bogus", ignored']
    with pytest.raises(attr.AttrError):
        asyncio.run(service.answer(one_list(attr.encode("request", "open"))))


def invocation(service: str) -> Invocation:
    conf = configuration({"transport_maps": "proxy:static:x"})
    return Invocation("proxymap", service, "unix", conf, Log("t", MemorySink()), share=8)


def test_the_daemon_serves_what_main_cf_lists() -> None:
    daemon = ProxymapDaemon()
    daemon.before_jail(invocation("proxymap"))
    assert daemon._service._approved >= {"static:x", "unix:passwd.byname"}
    daemon.session()
    asyncio.run(daemon.at_exit())


def test_the_service_has_one_of_two_names() -> None:
    ProxymapDaemon().before_jail(invocation("proxywrite"))
    with pytest.raises(FatalError, match="^service name must be one of proxymap or proxywrite$"):
        ProxymapDaemon().before_jail(invocation("other"))
