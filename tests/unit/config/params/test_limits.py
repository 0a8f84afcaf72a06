"""pymail.config.params.limits"""

from __future__ import annotations

from pymail.config.main_cf import MainCf
from pymail.config.params.limits import LimitsParams
from tests.support.golden_parameters import check_theme


def test_the_theme_agrees_with_the_reference() -> None:
    check_theme(LimitsParams)


def test_a_default_has_its_value() -> None:
    assert LimitsParams(MainCf("/nonexistent")).message_size_limit == 10240000
