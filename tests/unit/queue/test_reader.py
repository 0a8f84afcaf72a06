from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.proto import record
from pymail.proto.record import RecordType
from pymail.queue.reader import CorruptFileError, EnvelopeReader, Sizes, parse_sizes, parse_time, read_records
from tests.support.golden_queue import queue_files

MILTER = queue_files("hold")[1]


def memory_file(octets: bytes) -> int:
    fd = os.memfd_create("queue-file")
    os.write(fd, octets)
    return fd


def make_file(recipients: int, *, extracted: int = 0, mixed: bool = False, filter_in_x: bool = False) -> bytes:
    """Return a small queue file."""
    envelope = record.encode(RecordType.ARRIVAL_TIME, b"1000 5") + record.encode(RecordType.SENDER, b"s@x.test")
    for number in range(recipients):
        address = b"r%d@x.test" % number
        envelope += record.encode(RecordType.ATTRIBUTE, b"dsn_orig_rcpt=rfc822;" + address)
        envelope += record.encode(RecordType.ORIGINAL_RECIPIENT, address) + record.encode(RecordType.RECIPIENT, address)
        if mixed and number == 0:
            envelope += record.encode(RecordType.ATTRIBUTE, b"log_ident=late")
    envelope += record.encode(RecordType.MESSAGE)
    content = record.encode_lines([b"Subject: x", b"", b"body"], 2048)
    tail = record.encode(RecordType.EXTRACTED)
    if filter_in_x:
        tail += record.encode(RecordType.FILTER, b"smtp:filter")
    for number in range(extracted):
        tail += record.encode(RecordType.RECIPIENT, b"x%d@x.test" % number)
    tail += record.encode(RecordType.END)
    sizes = Sizes(len(content), 97 + len(envelope), recipients + extracted, int(mixed), len(content), 0)
    return record.encode(RecordType.MESSAGE_SIZE, sizes.encode()) + envelope + content + tail


@pytest.mark.parametrize("path", queue_files("active", "incoming", "deferred", "hold"), ids=lambda path: path.name)
def test_a_file_of_postfix_is_read_from_size_to_end(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        found = list(read_records(fd))
        # Behind an overwritten record of an edited file is garbage.
        raw = found if path == MILTER else list(read_records(fd, follow=False))
    finally:
        os.close(fd)
    assert found[0][1] == RecordType.MESSAGE_SIZE
    assert found[-1][1] == RecordType.END
    assert found == raw


def test_pointers_of_an_edited_file_are_followed() -> None:
    fd = os.open(MILTER, os.O_RDONLY)
    found = {at: (kind, data) for at, kind, data in read_records(fd)}
    os.close(fd)
    assert found[1442] == (RecordType.SENDER, b"newsender@sender.test")
    assert found[1407] == (RecordType.RECIPIENT, b"added@relay.test")
    assert found[1344] == (RecordType.TEXT, b"Subject: changed by milter")
    assert 961 not in found, "padding is skipped"


def test_the_envelope_of_a_file_with_dsn_parameters() -> None:
    path = next(path for path in queue_files("deferred") if "dsnpar" in path.name)
    fd = os.open(path, os.O_RDONLY)
    reader = EnvelopeReader(fd)
    batch = reader.read(10)
    os.close(fd)
    envelope = reader.envelope
    assert envelope.sender == "alice@sender.test"
    assert (envelope.envelope_id, envelope.ret_flags) == ("sample1", 2)
    assert envelope.create_time == 1795241143
    assert int(envelope.arrival_time) == 1795241143
    assert (envelope.warning_time, envelope.warning_offset) == (1795244743, 623)
    assert envelope.attributes["message_id"] == "<20261121060543.9C2F854030E@mta.exam.test>"
    assert (envelope.sizes.size, envelope.sizes.recipient_count, envelope.sizes.notify) == (322, 4, 12)
    assert [(item.address, item.offset, item.notify) for item in batch.recipients] == [
        ("rej4@relay.test", 712, 12),
        ("u@dead.test", 971, 12),
    ]
    assert batch.recipients[0].dsn_orig_rcpt == "rfc822;first@orig.test"
    assert batch.next_offset == 0


@pytest.mark.parametrize(
    ("recipients", "extracted", "mixed"), [(7, 0, False), (4, 5, False), (0, 5, False), (6, 3, True)]
)
@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_batches_together_are_all_recipients(recipients: int, extracted: int, mixed: bool, limit: int) -> None:
    fd = memory_file(make_file(recipients, extracted=extracted, mixed=mixed))
    reader = EnvelopeReader(fd)
    batch = reader.read(limit)
    found = list(batch.recipients)
    while batch.next_offset:
        batch = reader.read_more(batch.next_offset, limit)
        assert 0 < len(batch.recipients) <= limit
        found += batch.recipients
    os.close(fd)
    expected = [f"r{number}@x.test" for number in range(recipients)] + [
        f"x{number}@x.test" for number in range(extracted)
    ]
    assert [item.address for item in found] == expected
    assert all(item.dsn_orig_rcpt == f"rfc822;{item.address}" for item in found if item.address.startswith("r"))


def test_the_first_batch_brings_what_stands_behind_the_content() -> None:
    fd = memory_file(make_file(50, filter_in_x=True))
    reader = EnvelopeReader(fd)
    batch = reader.read(2)
    os.close(fd)
    assert reader.envelope.content_filter == "smtp:filter"
    assert len(batch.recipients) == 2
    assert batch.next_offset


def test_mixed_records_are_read_whatever_the_limit() -> None:
    fd = memory_file(make_file(5, mixed=True))
    reader = EnvelopeReader(fd)
    reader.read(1)
    os.close(fd)
    assert reader.envelope.attributes["log_ident"] == "late"


@pytest.mark.parametrize("cut", [1, 2, 3, 40])
def test_a_file_without_its_end_is_corrupt(cut: int) -> None:
    fd = memory_file(make_file(1)[:-cut])
    with pytest.raises(CorruptFileError):
        EnvelopeReader(fd).read(10)
    os.close(fd)


def test_a_file_that_was_never_finished_is_corrupt() -> None:
    octets = record.encode(RecordType.MESSAGE_SIZE, Sizes().encode()) + make_file(1)[97:]
    fd = memory_file(octets)
    with pytest.raises(CorruptFileError):
        EnvelopeReader(fd).read(10)
    os.close(fd)


def test_a_loop_of_pointers_ends() -> None:
    fd = memory_file(record.encode(RecordType.TEXT, b"x") + record.encode_pointer(3) * 2)
    with pytest.raises(CorruptFileError, match="loop"):
        list(read_records(fd))
    os.close(fd)


@given(st.binary(max_size=300))
def test_junk_raises_nothing_but_a_corrupt_file_error(octets: bytes) -> None:
    fd = memory_file(octets)
    try:
        EnvelopeReader(fd).read(10)
    except CorruptFileError as error:
        assert str(error)
    finally:
        os.close(fd)


def test_a_long_record_is_read_across_blocks() -> None:
    fd = memory_file(record.encode(RecordType.TEXT, b"y" * 100000) + record.encode(RecordType.END))
    assert [(kind, len(data)) for _, kind, data in read_records(fd)] == [(RecordType.TEXT, 100000), (RecordType.END, 0)]
    os.close(fd)


@pytest.mark.parametrize("text", [b"1 2", b"a b c", b"10 0 1 0 10 0", b"10 97 1 32 10 0", b"0 97 1 0"])
def test_a_size_record_that_cannot_be_is_corrupt(text: bytes) -> None:
    with pytest.raises(CorruptFileError):
        parse_sizes(text)


def test_a_size_record_comes_back_as_written() -> None:
    sizes = Sizes(362, 784, 2, 25, 362, 1)
    assert len(sizes.encode()) == 95
    assert parse_sizes(sizes.encode()) == sizes
    assert sizes.is_mixed
    assert Sizes(5, 1, 1).size == 5


def test_arrival_times_with_and_without_microseconds() -> None:
    assert parse_time(b"1795233846 658844") == pytest.approx(1795233846.658844)
    assert parse_time(b"1795233846") == 1795233846
    with pytest.raises(CorruptFileError):
        parse_time(b"")
