from __future__ import annotations

from pymail.daemons.master.timers import Timers


def test_timers_run_in_the_order_of_their_time() -> None:
    timers, ran = Timers(), []
    timers.at(20, lambda: ran.append("late"))
    timers.at(10, lambda: ran.append("early"))
    assert timers.wait(5) == 5
    timers.run_due(9)
    assert ran == []
    timers.run_due(25)
    assert ran == ["early", "late"]
    assert timers.wait(25) is None


def test_a_cancelled_timer_does_not_run() -> None:
    timers, ran = Timers(), []
    timers.at(1, lambda: ran.append("x")).cancel()
    assert timers.wait(0) is None
    timers.run_due(5)
    assert ran == []


def test_a_timer_that_is_late_means_no_wait() -> None:
    timers = Timers()
    timers.at(1, lambda: None)
    assert timers.wait(9) == 0
