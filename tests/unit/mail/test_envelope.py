"""Tests for pymail.mail.envelope."""

from __future__ import annotations

import dataclasses

import pytest

from pymail.mail.envelope import Recipient


def test_a_recipient_cannot_be_changed() -> None:
    recipient = Recipient("a@b.test")
    with pytest.raises(dataclasses.FrozenInstanceError):
        recipient.address = "c@d.test"  # type: ignore[misc]  # that is what the test tries
    assert (recipient.original, recipient.offset, recipient.dsn_orig_rcpt, recipient.notify) == ("", 0, "", 0)
