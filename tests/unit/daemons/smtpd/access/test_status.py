"""Enhanced status codes that fit."""

from __future__ import annotations

import pytest

from pymail.daemons.smtpd.access.status import Role, fit_role, with_code_class

#: given, as sender, as recipient, as anything else
TABLE = [
    ("5.1.0", "5.1.0", "5.1.0", "5.0.0"),
    ("5.1.1", "5.1.7", "5.1.1", "5.0.0"),
    ("5.1.2", "5.1.8", "5.1.2", "5.0.0"),
    ("5.1.3", "5.1.7", "5.1.3", "5.0.0"),
    ("5.1.4", "5.1.7", "5.1.4", "5.0.0"),
    ("5.1.5", "5.1.0", "5.1.5", "5.0.0"),
    ("5.1.6", "5.1.7", "5.1.6", "5.0.0"),
    ("5.1.7", "5.1.7", "5.1.3", "5.0.0"),
    ("5.1.8", "5.1.8", "5.1.2", "5.0.0"),
    ("4.1.9", "4.1.0", "4.1.0", "4.0.0"),
    ("4.4.0", "4.4.0", "4.4.0", "4.4.0"),
]


@pytest.mark.parametrize(("given", "sender", "recipient", "other"), TABLE)
def test_detail_fits_the_role(given: str, sender: str, recipient: str, other: str) -> None:
    assert fit_role(given, Role.SENDER) == sender
    assert fit_role(given, Role.RECIPIENT) == recipient
    assert fit_role(given, Role.CLIENT) == other
    assert fit_role(given, Role.HELO) == other


def test_class_is_that_of_the_code() -> None:
    assert with_code_class("5.1.1", 450) == "4.1.1"
