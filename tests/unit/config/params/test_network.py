"""pymail.config.params.network"""

from __future__ import annotations

from pymail.config.main_cf import MainCf
from pymail.config.params.network import NetworkParams
from tests.support.golden_parameters import check_theme


def test_the_theme_agrees_with_the_reference() -> None:
    check_theme(NetworkParams)


def test_a_default_has_its_value() -> None:
    assert NetworkParams(MainCf("/nonexistent")).parent_domain_matches_subdomains.split(",")[0] == "debug_peer_list"
