"""pymail.config.params.submission"""

from __future__ import annotations

from pymail.config.main_cf import MainCf
from pymail.config.params.submission import SubmissionParams
from tests.support.golden_parameters import check_theme


def test_the_theme_agrees_with_the_reference() -> None:
    check_theme(SubmissionParams)


def test_a_default_has_its_value() -> None:
    assert SubmissionParams(MainCf("/nonexistent")).authorized_submit_users == "static:anyone"
