"""The resolvers made from main.cf."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pymail.daemons.trivial_rewrite.params import TrivialRewriteParams
from pymail.daemons.trivial_rewrite.setup import build_engine
from pymail.mail.rewrite import rewrite_address
from pymail.tables.base import TableSyntaxError
from pymail.tables.build import WriteRules, open_for_build
from tests.support.configuration import configuration
from tests.support.tables import Lines, make_context


def test_the_two_rewriting_contexts() -> None:
    params = TrivialRewriteParams(configuration({"myorigin": "exam.test", "append_dot_mydomain": "yes"}))
    engine = build_engine(params, make_context(), frozenset())
    assert rewrite_address("joe", engine.local) == "joe@exam.test"
    assert rewrite_address("joe@host", engine.local) == "joe@host.test"
    assert rewrite_address("joe", engine.remote) == "joe"
    assert rewrite_address("joe@host", engine.remote) == "joe@host"
    settings = {"remote_header_rewrite_domain": "domain.invalid", "append_dot_mydomain": "yes"}
    engine = build_engine(TrivialRewriteParams(configuration(settings)), make_context(), frozenset())
    assert rewrite_address("joe", engine.remote) == "joe@domain.invalid"
    assert rewrite_address("joe@host", engine.remote) == "joe@host.domain.invalid"


def test_a_bad_table_name_is_fatal() -> None:
    params = TrivialRewriteParams(configuration({"transport_maps": "regexp"}))
    with pytest.raises(TableSyntaxError):
        build_engine(params, make_context(), frozenset())


def test_routes_take_nothing_from_the_address() -> None:
    log = Lines()
    params = TrivialRewriteParams(configuration({"transport_maps": "regexp:{{/(x)/ $$1:}}"}))
    build_engine(params, make_context(log), frozenset())
    assert "substitution is not allowed" in log.lines[0]


def test_a_table_that_is_gone_is_named(tmp_path: Path) -> None:
    context = make_context()
    open_for_build(f"lmdb:{tmp_path}/t", context, WriteRules(), 0o600).build([("a", "b")])
    params = TrivialRewriteParams(configuration({"transport_maps": f"lmdb:{tmp_path}/t"}))
    engine = build_engine(params, context, frozenset())
    assert engine.changed_table() is None
    os.unlink(tmp_path / "t.lmdb")
    changed = engine.changed_table()
    assert changed is not None
    assert changed.spec == f"lmdb:{tmp_path}/t"
