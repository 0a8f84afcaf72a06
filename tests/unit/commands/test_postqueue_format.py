"""The listing as text and as JSON lines."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.commands.postqueue_format import JsonFormat, TextFormat
from pymail.ipc.showq import ListedMessage, ListedRecipient

BUSY = "host 127.0.0.1[127.0.0.1] said: 450 4.2.0 mailbox busy (in reply to RCPT TO command)"


def message(queue: str = "deferred", expire: bool = False, *recipients: ListedRecipient) -> ListedMessage:
    arrival = int(time.mktime((2026, 11, 21, 6, 5, 2, 0, 0, -1)))
    return ListedMessage(queue, "460C95402DE", arrival, 2000, expire, "alice@sender.test", list(recipients))


def test_the_text_is_mailq_s() -> None:
    form = TextFormat(long_ids=False)
    recipients = (
        ListedRecipient("a", reason="connect to x: Connection refused"),
        ListedRecipient("b", reason="connect to x: Connection refused"),
        ListedRecipient("c", reason=BUSY),
        ListedRecipient("d"),
    )
    assert form.message(message("active", False, *recipients)) + form.message(message("hold", True)) + form.end() == (
        "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n"
        "460C95402DE*    2000 Sat Nov 21 06:05:02  alice@sender.test\n"
        "                                            (connect to x: Connection refused)\n"
        "                                         a\n"
        "                                         b\n"
        f"({BUSY})\n"
        "                                         c\n"
        "                                                          (reason unavailable)\n"
        "                                         d\n"
        "\n"
        "460C95402DE!#    2000 Sat Nov 21 06:05:02  alice@sender.test\n"
        "\n"
        "-- 3 Kbytes in 2 Requests.\n"
    )


def test_long_ids_have_a_wider_column() -> None:
    form = TextFormat(long_ids=True)
    assert form.message(message("maildrop", False, ListedRecipient("a"))) + form.end() == (
        "----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------\n"
        "460C95402DE           2000 Sat Nov 21 06:05:02 alice@sender.test\n"
        "                                               a\n"
        "\n"
        "-- 1 Kbytes in 1 Request.\n"
    )


@pytest.mark.parametrize("form", [TextFormat(long_ids=False), TextFormat(long_ids=True)])
def test_an_empty_queue_is_said_to_be_empty(form: TextFormat) -> None:
    assert form.end() == "Mail queue is empty\n"


def test_json_is_as_in_3_12() -> None:
    recipients = (ListedRecipient("u@x", "o@x", "defer", BUSY), ListedRecipient("v@x"))
    line = JsonFormat().message(message("active", True, *recipients))
    assert line == (
        '{"queue_name": "active", "queue_id": "460C95402DE", "arrival_time": '
        f'{message().arrival}, "message_size": 2000, "forced_expire": true, "sender": "alice@sender.test", '
        f'"recipients": [{{"orig_address": "o@x", "address": "u@x", "delay_reason": "{BUSY}"}}, '
        '{"orig_address": "", "address": "v@x"}]}\n'
    )
    assert JsonFormat().end() == ""


def test_the_reason_of_a_bounce_has_its_own_name() -> None:
    line = JsonFormat().message(message("active", False, ListedRecipient("u", "", "bounce", "x")))
    assert json.loads(line)["recipients"] == [{"orig_address": "", "address": "u", "bounce_reason": "x"}]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_any_text_survives_json(text: str) -> None:
    line = JsonFormat().message(message("active", False, ListedRecipient(text)))
    assert json.loads(line)["recipients"][0]["address"] == text
    assert line.count("\n") == 1
