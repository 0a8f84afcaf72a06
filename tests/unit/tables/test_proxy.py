"""proxy: tables against a stand-in for proxymap."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from pymail.ipc.proxymap import PROTOCOL, ProxyReply, ProxyStatus, decode_request, encode_reply
from pymail.proto import attr
from pymail.tables.base import DEFAULT_OPTIONS, TableError
from pymail.tables.context import TableContext
from pymail.tables.proxy import ProxyTable, TableDeniedError
from tests.support.stub_service import stub_service
from tests.support.tables import Lines

REPLIES = {
    "known": ProxyReply(ProxyStatus.OK, 0, "value"),
    "bad-value": ProxyReply(ProxyStatus.OK, 0, "\udcff"),
    "unknown": ProxyReply(ProxyStatus.NO_KEY),
    "later": ProxyReply(ProxyStatus.RETRY),
    "denied": ProxyReply(ProxyStatus.DENIED),
    "bad": ProxyReply(ProxyStatus.BAD),
    "config": ProxyReply(ProxyStatus.CONFIG),
}


def serve(client: socket.socket) -> None:
    client.sendall(attr.announcement(PROTOCOL))
    reader = attr.ListReader()
    while data := client.recv(4096):
        reader.feed(data)
        while (fields := reader.next_list()) is not None:
            request = decode_request(fields)
            assert request.table == "lmdb:x"
            client.sendall(encode_reply(request.name, REPLIES[request.key]))


def ask(folder: Path, key: str, on_loop: bool) -> str | None:
    (folder / "private").mkdir(exist_ok=True)
    with stub_service(folder / "private" / "proxymap", serve):
        table = ProxyTable(
            "proxy:lmdb:x", "lmdb:x", TableContext(Lines(), queue_directory=str(folder)), DEFAULT_OPTIONS
        )
        if on_loop:
            return asyncio.run(table.find(key))
        return table.lookup(key)


@pytest.mark.parametrize("on_loop", [pytest.param(True, id="on-a-loop"), pytest.param(False, id="waiting")])
class TestLookup:
    def test_a_value_comes_back_for_the_folded_key(self, tmp_path: Path, on_loop: bool) -> None:
        assert ask(tmp_path, "KNOWN", on_loop) == "value"

    def test_no_value(self, tmp_path: Path, on_loop: bool) -> None:
        assert ask(tmp_path, "unknown", on_loop) is None

    def test_a_key_that_cannot_be_there_is_not_asked_for(self, tmp_path: Path, on_loop: bool) -> None:
        assert ask(tmp_path, "\udcff", on_loop) is None

    @pytest.mark.parametrize("key", ["later", "bad", "config", "bad-value"])
    def test_other_answers_are_errors(self, tmp_path: Path, on_loop: bool, key: str) -> None:
        with pytest.raises(TableError):
            ask(tmp_path, key, on_loop)

    def test_a_table_that_is_not_served_is_named(self, tmp_path: Path, on_loop: bool) -> None:
        with pytest.raises(
            TableDeniedError, match='^proxy:lmdb:x: proxymap service is not configured for table "lmdb:x"'
        ):
            ask(tmp_path, "denied", on_loop)


def test_patterns_behind_proxymap_are_patterns() -> None:
    context = TableContext(Lines())
    assert not ProxyTable("proxy:regexp:/x", "regexp:/x", context, DEFAULT_OPTIONS).fixed
    table = ProxyTable("proxy:lmdb:/x", "lmdb:/x", context, DEFAULT_OPTIONS)
    assert table.fixed
    assert table.blocking
