"""Log lines of trivial-rewrite, as Postfix writes them."""

from __future__ import annotations

from pymail.log.events import trivial_rewrite as events


def test_lines() -> None:
    assert events.lookup_failure("transport_maps") == "transport_maps lookup failure"
    assert events.listed_twice("d.test", "a", "b") == "do not list domain d.test in BOTH a and b"
    assert events.unknown_context("bogus") == "unknown context: bogus"
    assert events.bad_command("x" * 40) == "bad command " + "x" * 30
    assert events.table_changed("lmdb:/t") == "table lmdb:/t has changed -- restarting"
    assert events.too_deep("a@b") == "resolve_addr: <a@b>: giving up after 100 iterations"
    assert (
        events.null_transport("/etc/postfix/main.cf", "default_transport")
        == "file /etc/postfix/main.cf: parameter default_transport: null transport is not allowed"
    )
