"""Log lines of bounce(8), beside captured ones."""

from __future__ import annotations

from pymail.log.events import bounce


def test_captured_lines() -> None:
    assert bounce.notification("3AEE154020F", "sender", "non-delivery", "4C65D540212") == (
        "3AEE154020F: sender non-delivery notification: 4C65D540212"
    )
    assert bounce.postmaster_discarded("A1") == "A1: undeliverable postmaster notification discarded"
    assert bounce.not_sending_trace("A1", "single-bounce") == (
        "A1: not sending trace/success notification for single-bounce message"
    )
