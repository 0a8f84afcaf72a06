"""Delivery requests."""

from __future__ import annotations

import pytest

from pymail.daemons.qmgr.request import delivery_request
from pymail.ipc.delivery import MsgStats, RequestFlag, SendOption
from pymail.mail.envelope import Recipient
from pymail.queue.reader import Sizes
from tests.support.qmgr_world import NOW, make_message


def test_a_request_tells_message_and_recipients() -> None:
    message = make_message(sizes=Sizes(300, 250, 1, 0, 290, 3), trace_flags=RequestFlag.RECORD)
    recipients = (Recipient("u@a.test", "o@a.test", 200),)
    request = delivery_request(message, "a.test", recipients, RequestFlag.CONN_LOAD)
    assert request.flags == RequestFlag.NORMAL | RequestFlag.RECORD | RequestFlag.CONN_LOAD
    assert (request.queue_name, request.queue_id, request.offset, request.size) == ("active", "AAAA1111", 250, 290)
    assert (request.nexthop, request.sender, request.sendopts) == ("a.test", "a@sender.test", 3)
    assert request.recipients == recipients
    # The agent notes the moment of the hand-over itself.
    assert request.stats == MsgStats(NOW, NOW)


@pytest.mark.parametrize(("address", "options"), [("u@a.test", 0), ("ü@a.test", SendOption.SMTPUTF8_RECIPIENT)])
def test_a_recipient_in_utf8_is_told(address: str, options: int) -> None:
    assert delivery_request(make_message(), "a.test", (Recipient(address),)).sendopts == options


@pytest.mark.parametrize(
    ("original", "sender"),
    [("o@b.test", "a+o=b.test@sender.test"), ("", "a+u=a.test@sender.test")],
    ids=["original-recipient", "recipient"],
)
def test_a_verp_sender_names_the_recipient(original: str, sender: str) -> None:
    message = make_message(verp_delimiters="+=")
    assert delivery_request(message, "a.test", (Recipient("u@a.test", original),)).sender == sender
