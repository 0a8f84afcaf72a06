"""pymail.config.params.queueing"""

from __future__ import annotations

from pymail.config.main_cf import MainCf
from pymail.config.params.queueing import QueueingParams
from tests.support.golden_parameters import check_theme


def test_the_theme_agrees_with_the_reference() -> None:
    check_theme(QueueingParams)


def test_a_default_has_its_value() -> None:
    assert QueueingParams(MainCf("/nonexistent")).maximal_queue_lifetime == 432000
