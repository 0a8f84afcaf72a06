"""pymail.config.diagnostic"""

from __future__ import annotations

from pymail.config.diagnostic import Diagnostic, located


def test_a_diagnostic_tells_its_place() -> None:
    assert str(Diagnostic("main.cf", 3, "odd")) == "main.cf, line 3: odd"
    assert [located("main.cf", 0, "odd"), located("", 0, "odd")] == ["main.cf: odd", "odd"]


def test_diagnostics_that_say_the_same_are_equal() -> None:
    assert len({Diagnostic("a", 1, "x"), Diagnostic("a", 1, "x"), Diagnostic("a", 2, "x")}) == 2
