"""pymail.config.params.mailbox"""

from __future__ import annotations

from pymail.config.main_cf import MainCf
from pymail.config.params.mailbox import MailboxParams
from tests.support.golden_parameters import check_theme


def test_the_theme_agrees_with_the_reference() -> None:
    check_theme(MailboxParams)


def test_a_default_has_its_value() -> None:
    assert MailboxParams(MainCf("/nonexistent")).command_time_limit == 1000
