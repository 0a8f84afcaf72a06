"""VERP senders."""

from __future__ import annotations

import pytest

from pymail.daemons.qmgr.verp import is_verp_delimiters, verp_sender


@pytest.mark.parametrize(
    ("sender", "recipient", "delimiters", "result"),
    [
        pytest.param("list@origin.test", "user@domain.test", "+=", "list+user=domain.test@origin.test", id="usual"),
        pytest.param("list", "user@domain.test", "-=", "list-user=domain.test", id="sender-without-domain"),
        pytest.param("list@origin.test", "user", "+=", "list+user@origin.test", id="recipient-without-domain"),
    ],
)
def test_the_recipient_is_in_the_sender(sender: str, recipient: str, delimiters: str, result: str) -> None:
    assert verp_sender(sender, recipient, delimiters) == result


@pytest.mark.parametrize(("text", "good"), [("+=", True), ("==", True), ("+", False), ("+=-", False), ("+x", False)])
def test_delimiters_are_two_allowed_characters(text: str, good: bool) -> None:
    assert is_verp_delimiters(text, "-=+") is good
