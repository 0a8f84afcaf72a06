"""pymail.config.params.notify"""

from __future__ import annotations

from pymail.config.main_cf import MainCf
from pymail.config.params.notify import NotifyParams
from tests.support.golden_parameters import check_theme


def test_the_theme_agrees_with_the_reference() -> None:
    check_theme(NotifyParams)


def test_a_default_has_its_value() -> None:
    assert NotifyParams(MainCf("/nonexistent")).double_bounce_notice_recipient == "postmaster"
