"""Log lines of proxymap, as Postfix writes them."""

from __future__ import annotations

from pymail.log.events import proxymap as events


def test_lines() -> None:
    assert events.unapproved("lmdb:/t") == 'request for unapproved table: "lmdb:/t"'
    assert (
        events.how_to_approve("lmdb:/t", "read-only", "proxy_read_maps")
        == "to approve this table for read-only access, list proxy:lmdb:/t in main.cf:proxy_read_maps"
    )
    assert events.refused_change("lmdb:/t", "delete") == "refusing lmdb:/t delete request on non-proxywrite service"
    assert events.unrecognized("x") == 'unrecognized request: "x", ignored'
    assert events.table_changed("lmdb:/t") == "table lmdb:/t has changed -- restarting"
