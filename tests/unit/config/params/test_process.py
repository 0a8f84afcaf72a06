"""pymail.config.params.process"""

from __future__ import annotations

from pymail.config.main_cf import MainCf
from pymail.config.params.process import ProcessParams
from tests.support.golden_parameters import check_theme


def test_the_theme_agrees_with_the_reference() -> None:
    check_theme(ProcessParams)


def test_a_default_has_its_value() -> None:
    assert ProcessParams(MainCf("/nonexistent")).syslog_name == "postfix"
