"""The facts of a session."""

from __future__ import annotations

from pymail.daemons.smtpd.access.facts import Actions, Client, Facts, Refusal


def test_label_shows_the_port_where_wanted() -> None:
    assert Client("a.test", "192.0.2.1").label == "a.test[192.0.2.1]"
    assert Client("a.test", "192.0.2.1", "25", log_port=True).label == "a.test[192.0.2.1]:25"


def test_end_of_a_transaction_leaves_what_belongs_to_the_session() -> None:
    facts = Facts(Client("a.test", "192.0.2.1"), helo="a.test", sender="a@b", recipient_count=2, queue_id="X")
    facts.defer_if_permit_client = facts.defer_if_permit_sender = Refusal(450, "4.7.0", "x")
    facts.actions.hold = True
    facts.forget_transaction()
    assert (facts.sender, facts.recipient_count, facts.queue_id) == (None, 0, "NOQUEUE")
    assert facts.actions.is_empty and facts.defer_if_permit_sender is None
    assert facts.helo == "a.test" and facts.defer_if_permit_client is not None


def test_no_action_is_empty() -> None:
    assert Actions().is_empty
    assert not Actions(bcc=["a@b"]).is_empty
