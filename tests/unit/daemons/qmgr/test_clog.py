"""The warning that one destination fills the active queue."""

from __future__ import annotations

from pymail.daemons.qmgr.clog import ClogRule
from pymail.daemons.qmgr.destination import Destination
from pymail.daemons.qmgr.limits import TransportLimits
from pymail.daemons.qmgr.transport import Transport


def make_destination(todo: int) -> Destination:
    destination = Destination(Transport("smtp", TransportLimits()), "a.test", "a.test")
    destination.todo = todo
    return destination


def test_no_warning_below_a_fifth() -> None:
    assert ClogRule(100, 300).check(make_destination(20), 50, 1000.0) == []


def test_a_warning_with_advice_once_in_a_while() -> None:
    rule = ClogRule(100, 300)
    destination = make_destination(30)
    lines = rule.check(destination, 50, 1000.0)
    assert lines[0] == "mail for a.test is using up 30 of 50 active queue entries"
    assert lines[1] == "this may slow down other mail deliveries"
    assert "you may need to reduce smtp connect and helo timeouts" in lines
    assert lines[-1] == "to turn off these warnings specify: qmgr_clog_warn_time = 0"
    assert rule.check(destination, 50, 1100.0) == []
    assert rule.check(destination, 50, 1400.0)


def test_a_full_window_is_the_concurrency_limit() -> None:
    destination = make_destination(30)
    destination.window.size = 20
    lines = ClogRule(100, 300).check(destination, 50, 1000.0)
    assert "you may need to increase the main.cf smtp_destination_concurrency_limit from 20" in lines


def test_it_can_be_turned_off() -> None:
    assert ClogRule(100, 0).check(make_destination(90), 90, 1000.0) == []
