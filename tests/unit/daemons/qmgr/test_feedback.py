"""Concurrency windows: the worked examples of the scheduler's description, and bounds that always hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.daemons.qmgr.feedback import Feedback, Rules, Window, parse_feedback


@pytest.mark.parametrize(
    ("text", "feedback"),
    [
        pytest.param("1", Feedback(1.0), id="whole"),
        pytest.param("0.5", Feedback(0.5), id="fraction"),
        pytest.param("1/8", Feedback(0.125), id="quotient"),
        pytest.param("1/concurrency", Feedback(1.0, per_window=True), id="per-window"),
        pytest.param("1 / concurrency", Feedback(1.0, per_window=True), id="blanks"),
    ],
)
def test_feedback_is_read(text: str, feedback: Feedback) -> None:
    assert parse_feedback(text) == feedback


@pytest.mark.parametrize("text", ["", "x", "2", "-1", "1/0", "1/x", "3/2", "nan"])
def test_unreasonable_feedback_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_feedback(text)


def test_each_success_opens_the_window_by_one() -> None:
    window = Window(Rules())
    sizes = []
    for busy in (5, 6, 7):
        window.succeed(busy)
        sizes.append(window.size)
    assert sizes == [6, 7, 8]


def test_a_window_that_is_not_used_stays() -> None:
    window = Window(Rules())
    window.succeed(1)
    window.succeed(1)
    assert window.size == 6  # 1 busy + 5 initial


def test_the_limit_holds() -> None:
    window = Window(Rules(limit=6))
    for _ in range(5):
        window.succeed(6)
    assert window.size == 6


def test_three_failures_kill_a_fresh_destination() -> None:
    window = Window(Rules())
    assert not window.fail()
    assert (window.size, round(window.failed_cohorts, 2)) == (3, 0.2)
    assert not window.fail()
    assert (window.size, round(window.failed_cohorts, 2)) == (2, 0.53)
    assert window.fail()
    assert window.is_dead


def test_a_window_of_one_dies_at_the_first_failure() -> None:
    window = Window(Rules(initial=1, limit=1))
    assert window.fail()


def test_a_success_forgets_failed_cohorts() -> None:
    window = Window(Rules())
    window.fail()
    window.succeed(3)
    assert window.failed_cohorts == 0


def test_a_dead_destination_revives_with_what_is_busy_or_the_initial_window() -> None:
    window = Window(Rules(initial=1))
    window.fail()
    window.revive(3)
    assert window.size == 3
    window.size = 0
    window.revive(0)
    assert window.size == 1


def test_feedback_per_window_needs_a_window_of_successes() -> None:
    window = Window(Rules(initial=4, positive=Feedback(1.0, per_window=True)))
    sizes = []
    for _ in range(4):
        window.succeed(window.size)
        sizes.append(window.size)
    assert sizes == [4, 4, 4, 5]


def test_without_a_cohort_limit_nothing_dies() -> None:
    window = Window(Rules(cohort_limit=0))
    assert not any(window.fail() for _ in range(50))
    assert window.size == 1


@given(
    st.lists(st.booleans(), max_size=60),
    st.sampled_from([Feedback(), Feedback(0.3), Feedback(1.0, per_window=True), Feedback(0.0)]),
    st.integers(0, 9),
)
def test_a_window_stays_within_its_bounds(outcomes: list[bool], feedback: Feedback, limit: int) -> None:
    initial = min(5, limit) if limit else 5
    window = Window(Rules(initial=initial, limit=limit, positive=feedback, negative=feedback))
    for good in outcomes:
        if good:
            window.succeed(max(window.size, 1))
        else:
            window.fail()
        assert window.size >= 0
        assert not limit or window.size <= max(limit, 1)
