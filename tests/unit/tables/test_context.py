"""The surroundings of tables."""

from __future__ import annotations

from pymail.tables.context import TableContext, from_config
from tests.support.configuration import configuration
from tests.support.tables import Lines


def test_main_cf_says_what_tables_need() -> None:
    conf = configuration({"default_database_type": "texthash", "lmdb_map_size": "100000", "smtputf8_enable": "no"})
    context = from_config(conf, Lines(), in_loop=True)
    assert (context.default_type, context.lmdb_map_size, context.utf8) == ("texthash", 100000, False)
    assert context.in_loop
    assert context.surrogates


def test_a_daemon_reaches_proxymap_from_its_working_directory() -> None:
    conf = configuration({"queue_directory": "/q"})
    assert from_config(conf, Lines()).queue_directory == ""
    assert from_config(conf, Lines(), surrogates=False).queue_directory == "/q"


def test_a_process_has_one_client_of_each_kind() -> None:
    context = TableContext(Lines())
    assert context.proxy_client() is context.proxy_client()
    assert context.blocking_proxy_client() is context.blocking_proxy_client()
