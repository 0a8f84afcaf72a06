"""pymail.log.logger"""

from __future__ import annotations

from pymail.log.logger import BATCH, Log
from pymail.log.sinks import MemorySink


def test_events_wait_for_the_flush() -> None:
    sink = MemorySink()
    log = Log("postfix/smtpd", sink)
    log.info("connect 100%s")
    assert sink.lines == []
    log.flush()
    log.flush()
    assert sink.lines == [("info", "connect 100%s")]


def test_diagnostics_are_passed_on_at_once_and_in_order() -> None:
    sink = MemorySink()
    log = Log("postfix/smtpd", sink)
    log.info("first")
    log.warning("%s of %d", "one", 2)
    log.error("100%")
    log.fatal_line("end")
    log.panic_line("bug %s", 1)
    assert sink.lines == [
        ("info", "first"),
        ("warning", "one of 2"),
        ("error", "100%"),
        ("fatal", "end"),
        ("panic", "bug 1"),
    ]


def test_a_full_batch_is_passed_on() -> None:
    sink = MemorySink()
    log = Log("postfix/smtpd", sink)
    for _ in range(BATCH):
        log.info("x")
    assert len(sink.lines) == BATCH


def test_the_first_line_that_waits_is_announced() -> None:
    sink = MemorySink()
    log = Log("postfix/smtpd", sink)
    calls: list[int] = []
    log.on_buffered = lambda: calls.append(1)
    log.info("a")
    log.info("b")
    log.flush()
    log.info("c")
    assert len(calls) == 2


def test_details_are_logged_with_verbose_only() -> None:
    sink = MemorySink()
    Log("t", sink).debug("x %s", 1)
    verbose = Log("t", sink, verbose=1)
    verbose.debug("y %s", 1)
    verbose.flush()
    assert sink.lines == [("info", "y 1")]
