"""pymail.config.params.maps"""

from __future__ import annotations

from pymail.config.main_cf import MainCf
from pymail.config.params.maps import MapsParams
from tests.support.golden_parameters import check_theme


def test_the_theme_agrees_with_the_reference() -> None:
    check_theme(MapsParams)


def test_a_default_has_its_value() -> None:
    assert MapsParams(MainCf("/nonexistent")).alias_maps == "lmdb:/etc/aliases"
