"""The lines of trivial-rewrite are Postfix's."""

from __future__ import annotations

import pytest

from pymail.log.events import trivial_rewrite as events


@pytest.mark.parametrize(
    ("line", "text"),
    [
        pytest.param(events.lookup_failure("transport_maps"), "transport_maps lookup failure", id="lookup-failure"),
        pytest.param(
            events.listed_twice("a.test", "mydestination", "relay_domains"),
            "do not list domain a.test in BOTH mydestination and relay_domains",
            id="listed-twice",
        ),
        pytest.param(
            events.null_transport("/etc/postfix/main.cf", "local_transport"),
            "file /etc/postfix/main.cf: parameter local_transport: null transport is not allowed",
            id="null-transport",
        ),
        pytest.param(events.too_deep("a%b"), "resolve_addr: <a%b>: giving up after 100 iterations", id="too-deep"),
        pytest.param(events.unknown_context("bogus"), "unknown context: bogus", id="unknown-context"),
        pytest.param(events.bad_command("bogus"), "bad command bogus", id="bad-command"),
        pytest.param(events.bad_command("x" * 99), "bad command " + "x" * 30, id="bad-command-is-cut"),
        pytest.param(events.table_changed("lmdb:/x"), "table lmdb:/x has changed -- restarting", id="table-changed"),
    ],
)
def test_the_words_of_a_line(line: str, text: str) -> None:
    assert line == text
