"""The numbers of the proxymap protocol, as captured from Postfix 3.12."""

from __future__ import annotations

import pytest

from pymail.tables import flags
from pymail.tables.base import TableOptions


@pytest.mark.parametrize(
    ("instance", "reply"),
    [
        pytest.param(540736, 1589328, id="virtual_alias_maps"),
        pytest.param(542784, 1591376, id="transport_maps"),
        pytest.param(0, 16, id="hand-written"),
    ],
)
def test_the_flags_of_an_open_table_are_the_captured_ones(instance: int, reply: int) -> None:
    assert flags.reply_flags(instance, fixed=True, utf8=True) == reply


def test_what_a_client_asks_for_is_what_postfix_asks_for() -> None:
    assert flags.instance_flags(TableOptions()) == 540736
    assert flags.instance_flags(TableOptions(substitution=False)) == 542784


@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("utf8", [True, False])
@pytest.mark.parametrize("substitution", [True, False])
def test_options_survive(fold: bool, utf8: bool, substitution: bool) -> None:
    options = TableOptions(fold, utf8, substitution)
    assert flags.options_of(flags.instance_flags(options)) == options


def test_patterns_are_not_fixed_strings() -> None:
    assert not flags.is_fixed_type("regexp")
    assert flags.is_fixed_type("lmdb")
    assert flags.reply_flags(0, fixed=False, utf8=False) == flags.PATTERN
