"""pymail.config.params.services"""

from __future__ import annotations

from pymail.config.main_cf import MainCf
from pymail.config.params.services import ServicesParams
from tests.support.golden_parameters import check_theme


def test_the_theme_agrees_with_the_reference() -> None:
    check_theme(ServicesParams)


def test_a_default_has_its_value() -> None:
    assert ServicesParams(MainCf("/nonexistent")).queue_service_name == "qmgr"
