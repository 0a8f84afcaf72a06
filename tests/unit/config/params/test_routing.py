"""pymail.config.params.routing"""

from __future__ import annotations

from pymail.config.main_cf import MainCf
from pymail.config.params.routing import RoutingParams
from tests.support.golden_parameters import check_theme


def test_the_theme_agrees_with_the_reference() -> None:
    check_theme(RoutingParams)


def test_a_default_has_its_value() -> None:
    assert RoutingParams(MainCf("/nonexistent")).append_dot_mydomain
