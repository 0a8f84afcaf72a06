"""The lines of proxymap are Postfix's."""

from __future__ import annotations

import pytest

from pymail.log.events import proxymap as events


@pytest.mark.parametrize(
    ("line", "text"),
    [
        pytest.param(events.unapproved("lmdb:/x"), 'request for unapproved table: "lmdb:/x"', id="unapproved"),
        pytest.param(
            events.how_to_approve("lmdb:/x", "read-only", "proxy_read_maps"),
            "to approve this table for read-only access, list proxy:lmdb:/x in main.cf:proxy_read_maps",
            id="how-to-approve",
        ),
        pytest.param(
            events.refused_change("lmdb:/x", "update"),
            "refusing lmdb:/x update request on non-proxywrite service",
            id="refused-change",
        ),
        pytest.param(events.unrecognized("bogus"), 'unrecognized request: "bogus", ignored', id="unrecognized"),
        pytest.param(events.table_changed("lmdb:/x"), "table lmdb:/x has changed -- restarting", id="table-changed"),
    ],
)
def test_the_words_of_a_line(line: str, text: str) -> None:
    assert line == text
