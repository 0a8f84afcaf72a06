"""The queue listing: both releases' lists, and nonsense."""

from __future__ import annotations

import pytest

from pymail.ipc import showq
from pymail.proto import attr


def one_list(octets: bytes) -> list[bytes]:
    reader = attr.ListReader()
    reader.feed(octets)
    fields = reader.next_list()
    assert fields is not None
    return fields


def test_a_message_survives() -> None:
    recipients = [showq.ListedRecipient("a@b", "c@d", "defer", "host x said: no"), showq.ListedRecipient("e@f")]
    message = showq.ListedMessage("deferred", "ABC1", 1795234653, 258, True, "alice@example.test", recipients)
    again = showq.decode_message(one_list(showq.encode_message(message)))
    for name in ("queue_name", "queue_id", "arrival", "size", "forced_expire", "sender"):
        assert getattr(again, name) == getattr(message, name)
    for name in ("address", "original", "log_class", "reason"):
        assert [getattr(one, name) for one in again.recipients] == [getattr(one, name) for one in recipients]


def test_the_list_of_3_7_is_understood() -> None:
    octets = (
        b"queue_name\0deferred\0queue_id\0E27BC16A\0time\x001795234653\0size\x00258\0forced_expire\x000\0"
        b"sender\0alice@example.test\0recipient\0later@relay.test\0reason\0host busy\0\0"
    )
    message = showq.decode_message(one_list(octets))
    assert (message.recipients[0].address, message.recipients[0].reason) == ("later@relay.test", "host busy")


def test_the_end_is_an_empty_list() -> None:
    assert one_list(showq.END) == []


def test_what_a_newer_release_adds_is_skipped() -> None:
    octets = showq.encode_message(showq.ListedMessage("hold", "A1", 1, 1, False, "", [showq.ListedRecipient("a@b")]))
    message = showq.decode_message(one_list(octets.replace(b"sender\0", b"new\0x\0sender\0", 1)[:-1] + b"what\0y\0\0"))
    assert (message.queue_id, [one.address for one in message.recipients]) == ("A1", ["a@b"])


def test_a_missing_attribute_is_an_attr_error() -> None:
    with pytest.raises(attr.AttrError):
        showq.decode_message([b"queue_name", b"hold", b"queue_id", b"A1"])
