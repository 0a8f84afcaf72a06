"""The concurrency window of a destination: how deliveries that succeed or fail move it. Pure.

The window is the number of deliveries that may be in progress. A success opens it, a failure closes it; small feedback
adds up, and the window moves by one when it reaches one: on the way up at the end of such a cycle, on the way down at
its start. Independent of that, failures are counted in cohorts (a window full of deliveries): after failed_cohort_limit
of them without a success in between, the destination is dead.
"""

from __future__ import annotations

from dataclasses import dataclass

_PER_CONCURRENCY = "concurrency"


@dataclass(frozen=True, slots=True)
class Feedback:
    """An amount of feedback, maybe divided by the current window."""

    amount: float = 1.0
    per_window: bool = False

    def at(self, window: int) -> float:
        """Return the feedback when *window* deliveries may be in progress."""
        return self.amount / window if self.per_window else self.amount


def parse_feedback(text: str) -> Feedback:
    """Return the feedback that `N`, `N/M` or `N/concurrency` means; raises ValueError unless it is within 0 and 1."""
    amount, slash, divisor = text.replace(" ", "").partition("/")
    if divisor == _PER_CONCURRENCY:
        feedback = Feedback(float(amount), per_window=True)
    else:
        try:
            feedback = Feedback(float(amount) / float(divisor) if slash else float(amount))
        except ZeroDivisionError as error:
            raise ValueError("division by zero") from error
    if not 0 <= feedback.amount <= 1:
        raise ValueError("not within 0 and 1")
    return feedback


@dataclass(frozen=True, slots=True)
class Rules:
    """How the windows of a transport's destinations move. A limit of 0 is none; a cohort_limit of 0 is never dead."""

    initial: int = 5
    limit: int = 20
    positive: Feedback = Feedback()
    negative: Feedback = Feedback()
    cohort_limit: int = 1


class Window:
    """The window of one destination; 0 when it is dead."""

    __slots__ = ("failed_cohorts", "failure", "rules", "size", "success")

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.size = rules.initial
        self.success = 0.0
        self.failure = 0.0
        self.failed_cohorts = 0.0

    @property
    def is_dead(self) -> bool:
        """True after too many failures, until `revive`."""
        return self.size == 0

    def revive(self, busy: int) -> None:
        """Start anew with *busy* deliveries in progress."""
        self.size = busy or self.rules.initial
        self.success = 0.0
        self.failure = 0.0
        self.failed_cohorts = 0.0

    def succeed(self, busy: int) -> None:
        """Note a success; *busy* counts it as still in progress."""
        self.failed_cohorts = 0.0
        if self.size == 0:
            self.revive(busy)
            return
        rules = self.rules
        limit = rules.limit
        # No further than what is used: an idle destination keeps its window.
        if (limit and self.size >= limit) or self.size >= busy + rules.initial:
            return
        feedback = rules.positive.at(self.size)
        self.success += feedback
        # Half a step early: sums of fractions do not come out even.
        while self.success + feedback / 2 >= 1:
            self.size += 1
            self.success -= 1
            self.failure = 0.0
        if limit and self.size > limit:
            self.size = limit

    def fail(self) -> bool:
        """Note a failure; True when the destination is dead now."""
        if self.size == 0:
            return True
        rules = self.rules
        self.failed_cohorts += 1 / self.size
        if rules.cohort_limit and self.failed_cohorts >= rules.cohort_limit:
            self.size = 0
            return True
        feedback = rules.negative.at(self.size)
        self.failure -= feedback
        while self.failure - feedback / 2 < 0:
            self.size -= 1
            self.success = 0.0
            self.failure += 1
        self.size = max(self.size, 1)
        return False
