"""The queue manager's lines, as Postfix writes them."""

from __future__ import annotations

from pymail.log.events import qmgr as events


def test_lines() -> None:
    assert events.active("612CF54020A", "alice@sender.test", 341, 1) == (
        "612CF54020A: from=<alice@sender.test>, size=341, nrcpt=1 (queue active)"
    )
    assert events.removed("612CF54020A") == "612CF54020A: removed"
    assert events.skipped("E3E77542214") == "E3E77542214: skipped, still being delivered"
    assert events.saved_corrupt("ABCDE12345", "active") == (
        'saving corrupt file "ABCDE12345" from queue "active" to queue "corrupt"'
    )
    assert events.report_failed("612CF54020A", "bounce") == "612CF54020A: status=deferred (bounce failed)"
    assert events.transport_failure("smtp").startswith("transport smtp failure -- see a previous warning")


def test_an_expired_message_says_who_expired_it() -> None:
    assert events.expired("789455440BD", "jö@sender.test", forced=False) == (
        "789455440BD: from=<jö@sender.test>, status=expired, returned to sender"
    )
    assert events.expired("E0AF85402B2", "alice@sender.test", forced=True) == (
        "E0AF85402B2: from=<alice@sender.test>, status=force-expired, returned to sender"
    )


def test_a_window() -> None:
    assert events.window("qmgr_queue_throttle", "a.test", 20, 3, (0.0, 0.5, 0.2)) == (
        "qmgr_queue_throttle: queue a.test: limit 20 window 3 success 0 failure 0.5 fail_cohorts 0.2"
    )
