"""What all tests share: the hypothesis profile, and the rule that continuous integration skips nothing."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "pymail",
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("pymail")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With PYMAIL_NO_SKIP=1 a skipped test fails, unless it is one that only an ordinary user can run."""
    report = yield
    if report.skipped and os.environ.get("PYMAIL_NO_SKIP") and not item.get_closest_marker("ordinary_user"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be: {report.longrepr}"
    return report
