from __future__ import annotations

import pytest

from pymail.daemons.cleanup.recipients import Expanded, Incoming, Recipients, synthesised_orcpt
from pymail.ipc.cleanup import CleanupStatus
from pymail.proto.record import RecordType
from tests.support.cleanup_rig import make_output


def test_a_recipient_with_all_its_parameters() -> None:
    output, _ = make_output()
    recipients = Recipients()
    recipients.take(output, RecordType.ATTRIBUTE, b"notify_flags=12")
    recipients.take(output, RecordType.ATTRIBUTE, b"dsn_orig_rcpt=rfc822;Bob+X@x.test")
    recipients.take(output, RecordType.RECIPIENT, b"bob")
    recipients.write(output, None)
    assert b"".join(output.parts) == (
        b"A\x0fnotify_flags=12A!dsn_orig_rcpt=rfc822;Bob+X@x.testO\x03bobR\x0dbob@exam.test"
    )
    assert (recipients.count, recipients.last, recipients.notify_mask) == (1, "bob", 12)


def test_parameters_belong_to_one_recipient() -> None:
    output, _ = make_output()
    recipients = Recipients()
    recipients.take(output, RecordType.DSN_NOTIFY, b"1")
    recipients.take(output, RecordType.DSN_ORIGINAL_RECIPIENT, b"rfc822;x@y")
    recipients.take(output, RecordType.ORIGINAL_RECIPIENT, b"old@x.test")
    recipients.take(output, RecordType.DONE, b"done@x.test")
    recipients.take(output, RecordType.RECIPIENT, b"b@x.test")
    assert recipients.sources() == [Incoming("b@x.test", "b@x.test", "rfc822;b@x.test", 0)]


def test_duplicates_are_written_once_whatever_their_case() -> None:
    output, _ = make_output()
    recipients = Recipients()
    for address in (b"a@x.test", b"A@X.test", b"b@x.test"):
        recipients.take(output, RecordType.RECIPIENT, address)
    recipients.write(output, None)
    assert recipients.count == 2


def test_the_duplicate_filter_has_a_limit() -> None:
    output, _ = make_output({"duplicate_filter_limit": "1"})
    recipients = Recipients()
    for address in (b"a@x.test", b"b@x.test", b"b@x.test", b"a@x.test"):
        recipients.take(output, RecordType.RECIPIENT, address)
    recipients.write(output, None)
    assert recipients.count == 3


def test_without_original_recipients_no_such_record() -> None:
    output, _ = make_output({"enable_original_recipient": "no"})
    recipients = Recipients()
    recipients.take(output, RecordType.RECIPIENT, b"b@x.test")
    recipients.write(output, None)
    assert b"".join(output.parts) == b"A\x1ddsn_orig_rcpt=rfc822;b@x.testR\x08b@x.test"


def test_an_alias_takes_success_notification_away() -> None:
    output, _ = make_output()
    recipients = Recipients()
    sources = [Incoming("l@x.test", "l@x.test", "rfc822;l@x.test", notify) for notify in (2, 14)]
    recipients.pending = [sources[0], b"A\x03a=b", sources[1]]
    recipients.write(output, [Expanded(source, ("a@x.test", "b@x.test")) for source in sources])
    octets = b"".join(output.parts)
    assert octets.count(b"notify_flags=1A") == 2
    assert octets.count(b"notify_flags=12A") == 2
    assert octets.index(b"a=b") < octets.index(b"notify_flags=12")
    assert recipients.count == 4


def test_an_address_that_stands_for_itself_is_no_alias() -> None:
    source = Incoming("a@x.test", "a@x.test", "", 2)
    assert not Expanded(source, ("a@x.test",)).is_alias


@pytest.mark.parametrize("value", [b"3", b"16", b"x", b"-1"])
def test_a_notify_value_that_cannot_be(value: bytes) -> None:
    output, _ = make_output()
    Recipients().take(output, RecordType.ATTRIBUTE, b"notify_flags=" + value)
    assert output.errors in (CleanupStatus.BAD, 0)
    assert output.errors == (0 if value in (b"x", b"-1") else CleanupStatus.BAD)


def test_the_empty_address_has_a_recipient_and_bcc_its_own() -> None:
    output, _ = make_output()
    recipients = Recipients()
    recipients.take(output, RecordType.RECIPIENT, b"")
    recipients.add_copy(output, "archive")
    assert [item.address for item in recipients.sources()] == ["MAILER-DAEMON@exam.test", "archive@exam.test"]


@pytest.mark.parametrize(
    ("address", "orcpt"),
    [("a b@x.test", 'rfc822;"a b"@x.test'), ("j\xf6@x.test", "utf-8;j\xf6@x.test"), ("a\nb@x", 'rfc822;"a?b"@x')],
)
def test_an_original_recipient_is_made_from_the_address(address: str, orcpt: str) -> None:
    assert synthesised_orcpt(address) == orcpt
