from __future__ import annotations

import pytest

from pymail.daemons.cleanup.envelope import Envelope
from pymail.daemons.cleanup.output import SIZE_RECORD
from pymail.ipc.cleanup import CleanupFlag, CleanupStatus
from pymail.proto import record
from pymail.proto.record import RecordType
from tests.support.cleanup_rig import NOW, content_of, file_of, make_output, run, stream

TIME = (RecordType.ARRIVAL_TIME, b"1000 5")
SENDER = (RecordType.SENDER, b"s@x.test")
RECIPIENT = (RecordType.RECIPIENT, b"r@x.test")


def take(*records: tuple[int, bytes], values: dict[str, str] | None = None) -> tuple[Envelope, list[str], bytes]:
    output, lines = make_output(values)
    envelope = Envelope(output)
    for record_type, data in records:
        envelope.take(record_type, data)
    envelope.recipients.write(output, None)
    assert output.size == SIZE_RECORD + sum(map(len, output.parts))
    output.log.flush()
    return envelope, lines, b"".join(output.parts)


def errors(*records: tuple[int, bytes]) -> int:
    output, _ = make_output()
    envelope = Envelope(output)
    for record_type, data in records:
        envelope.take(record_type, data)
    return output.errors


def test_the_creation_time_follows_the_first_arrival_time() -> None:
    envelope, _, octets = take(TIME, (RecordType.ARRIVAL_TIME, b"2000"), (RecordType.ATTRIBUTE, b"create_time=7"))
    assert octets == b"T\x061000 5A\x16create_time=%d" % NOW
    assert envelope.arrival == (1000, 5)


def test_the_delay_warning_stands_before_the_recipients() -> None:
    _, _, octets = take(TIME, SENDER, RECIPIENT, values={"delay_warning_time": "1h"})
    assert octets.index(b"W\x0f           4600") < octets.index(b"dsn_orig_rcpt")


@pytest.mark.parametrize("delay", ["0", "1h"])
def test_no_delay_warning_to_nobody(delay: str) -> None:
    _, _, octets = take(TIME, (RecordType.SENDER, b""), RECIPIENT, values={"delay_warning_time": delay})
    assert b"W\x0f" not in octets


def test_a_delay_warning_of_requeued_mail_stays() -> None:
    _, _, octets = take(
        TIME, SENDER, (RecordType.WARNING_TIME, b"%15d" % 9), RECIPIENT, values={"delay_warning_time": "1h"}
    )
    assert octets.count(b"W\x0f") == 1
    assert b"W\x0f              9" in octets


@pytest.mark.parametrize("address", [b"MAILER-DAEMON", b"mailer-daemon@exam.test"])
def test_the_mailer_daemon_sends_as_nobody(address: bytes) -> None:
    envelope, _, octets = take(TIME, (RecordType.SENDER, address))
    assert envelope.sender == ""
    assert octets.endswith(b"S\0")


def test_other_records_behind_a_recipient_make_it_mixed() -> None:
    envelope, _, octets = take(TIME, SENDER, RECIPIENT, (RecordType.ATTRIBUTE, b"log_ident=x"), RECIPIENT)
    assert envelope.mixed
    assert octets.index(b"R\x08r@x.test") < octets.index(b"log_ident")
    assert not take(TIME, SENDER, RECIPIENT)[0].mixed


def test_plain_attributes_are_taken_together() -> None:
    octets = b"".join(
        record.encode(RecordType.ATTRIBUTE, text) for text in (b"log_ident=A", b"client_name=b", b"encoding=8bit")
    )
    output, _ = make_output()
    envelope = Envelope(output)
    end = envelope.take_plain(octets + b"A\x0arewrite_co", 0)
    assert end == len(octets)
    assert output.parts == [octets]
    assert envelope.attributes[b"encoding"] == b"8bit"


def test_attributes_that_mean_something() -> None:
    envelope, _, _ = take(
        TIME,
        (RecordType.ATTRIBUTE, b"rewrite_context=remote"),
        (RecordType.ATTRIBUTE, b"trace_flags=1024"),
        (RecordType.ATTRIBUTE, b"ret_flags=2"),
        (RecordType.DSN_ENVELOPE_ID, b"env+1"),
    )
    assert (envelope.is_local, envelope.trace_flags) == (False, 1024)
    assert (envelope.ret_flags, envelope.envelope_id) == (2, "env+1")


def test_an_empty_attribute_is_not_stored() -> None:
    _, lines, octets = take(TIME, (RecordType.ATTRIBUTE, b"helo_name="))
    assert b"helo_name" not in octets
    assert lines == ['warning: 612CF54020A: spurious null attribute value for "helo_name" -- ignored']


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([SENDER], id="sender before time"),
        pytest.param([TIME, RECIPIENT], id="recipient before sender"),
        pytest.param([TIME, SENDER, SENDER], id="two senders"),
        pytest.param([(RecordType.POINTER, b"%15d" % 5)], id="pointer"),
        pytest.param([(RecordType.PADDING, b"x")], id="padding"),
        pytest.param([(RecordType.TEXT, b"x")], id="content"),
        pytest.param([(RecordType.ATTRIBUTE, b"nothing")], id="no attribute"),
        pytest.param([(RecordType.ATTRIBUTE, b"ret_flags=3")], id="ret"),
        pytest.param([(RecordType.ATTRIBUTE, b"envelope_id=a\x01")], id="envelope id"),
        pytest.param([(RecordType.ATTRIBUTE, b"rewrite_context=x")], id="context"),
        pytest.param([(RecordType.ATTRIBUTE, b"a%d=x" % n) for n in range(101)], id="many attributes"),
        pytest.param([(RecordType.ARRIVAL_TIME, b"never")], id="time"),
    ],
)
def test_a_broken_envelope_is_refused(records: list[tuple[int, bytes]]) -> None:
    assert errors(*records) == CleanupStatus.BAD


def test_only_hold_and_discard_may_be_asked_for() -> None:
    output, lines = make_output(flags=0)
    envelope = Envelope(output)
    envelope.take(RecordType.FLAGS, b"4")
    envelope.take(RecordType.FLAGS, b"32")
    envelope.take(RecordType.FLAGS, b"x")
    assert output.flags == CleanupFlag.HOLD
    assert len(lines) == 2


def test_requeued_mail_keeps_its_options_only() -> None:
    envelope, _, octets = take((RecordType.MESSAGE_SIZE, b" 1 2 3 4 5 3"), TIME)
    assert envelope.send_options == 1
    assert b"C" not in octets[:1]


def test_the_full_name_makes_the_from_field() -> None:
    octets = stream("u@x.test").replace(b"S\x11", b"F\x05Al CeS\x11", 1)
    message, _ = run(octets)
    assert b"From: Al Ce <alice@sender.test>" in content_of(message)
    assert file_of(message).count(b"F\x05Al Ce") == 1
