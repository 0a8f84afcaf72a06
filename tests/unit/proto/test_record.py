from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.proto import record
from pymail.proto.record import RecordError, RecordReader, RecordType

records = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=300)), max_size=12)


@pytest.mark.parametrize(
    ("length", "octets"),
    [(0, "00"), (95, "5f"), (127, "7f"), (128, "8001"), (300, "ac02"), (2048, "8010"), (70000, "f0a204")],
)
def test_a_length_is_written_least_significant_group_first(length: int, octets: str) -> None:
    encoded = record.encode(RecordType.TEXT, b"x" * length)
    assert encoded[: 1 + len(octets) // 2] == b"N" + bytes.fromhex(octets)
    assert len(encoded) == 1 + len(octets) // 2 + length


@given(records)
def test_what_was_encoded_is_parsed(expected: list[tuple[int, bytes]]) -> None:
    octets = record.encode_all(expected)
    assert [(kind, data) for _, kind, data in record.parse(octets)] == expected
    assert record.split(octets) == (expected, len(octets))


@given(records, st.integers(1, 7))
def test_any_split_gives_the_same_records(expected: list[tuple[int, bytes]], size: int) -> None:
    octets = record.encode_all(expected)
    reader = RecordReader()
    one_by_one = []
    for start in range(0, len(octets), size):
        reader.feed(octets[start : start + size])
        while (found := reader.next_record()) is not None:
            one_by_one.append(found)
    assert one_by_one == expected
    assert reader.pending == b""


@given(st.binary(max_size=200))
def test_junk_raises_nothing_but_a_record_error(octets: bytes) -> None:
    try:
        list(record.parse(octets))
    except RecordError as error:
        assert str(error)
    reader = RecordReader(limit=50)
    reader.feed(octets)
    try:
        assert all(len(data) <= 255 for _, data in reader.records())
    except RecordError as error:
        assert str(error)


def test_five_length_octets_are_refused() -> None:
    with pytest.raises(RecordError):
        list(record.parse(b"N\x80\x80\x80\x80\x01"))


def test_a_cut_record_waits_or_is_an_error() -> None:
    whole = record.encode(RecordType.SENDER, b"a@b")
    reader = RecordReader()
    reader.feed(whole[:-1])
    assert reader.next_record() is None
    assert reader.take_pending() == whole[:-1]
    with pytest.raises(RecordError):
        list(record.parse(whole[:-1]))


def test_a_record_over_the_limit_is_refused_before_its_data_came() -> None:
    reader = RecordReader(limit=1000)
    reader.feed(record.encode(RecordType.TEXT, b"x" * 1001)[:3])
    with pytest.raises(RecordError):
        reader.next_record()


@given(st.lists(st.binary(max_size=60), max_size=8), st.integers(5, 50))
def test_lines_come_back_joined_from_their_pieces(lines: list[bytes], limit: int) -> None:
    octets = record.encode_lines(lines, limit)
    joined, pieces = [], b""
    for _, kind, data in record.parse(octets):
        assert len(data) <= limit
        pieces += data
        if kind == RecordType.TEXT:
            joined.append(pieces)
            pieces = b""
    assert joined == lines


def test_a_line_over_the_limit_is_cut_as_postfix_cuts_it() -> None:
    octets = record.encode_lines([b"a" * 4096, b"b"], 2048)
    assert [(kind, len(data)) for _, kind, data in record.parse(octets)] == [
        (RecordType.LONG_TEXT, 2048),
        (RecordType.TEXT, 2048),
        (RecordType.TEXT, 1),
    ]


def test_a_text_run_ends_at_the_first_other_or_incomplete_record() -> None:
    text = record.encode_lines([b"one", b"t" * 200], 2048)
    assert record.text_run(text + record.encode(RecordType.EXTRACTED)) == len(text)
    assert record.text_run(text + b"N\x05abc") == len(text)
    reader = RecordReader()
    reader.feed(text + b"X\0")
    assert reader.text_run() == text
    assert reader.next_record() == (RecordType.EXTRACTED, b"")


@pytest.mark.parametrize(
    ("data", "pair"),
    [
        (b"encoding=8bit", ("encoding", "8bit")),
        (b" name = a=b ", ("name", "a=b")),
        (b"empty=", ("empty", "")),
        (b"none", None),
        (b"=value", None),
    ],
)
def test_an_attribute_is_split_at_its_first_equals_sign(data: bytes, pair: tuple[str, str] | None) -> None:
    assert record.split_attribute(data) == pair


def test_small_encoders() -> None:
    assert record.encode_attribute("notify_flags", 12) == b"A\x0fnotify_flags=12"
    assert record.encode_text(RecordType.SENDER, "j\xf6@x") == b"S\x05j\xc3\xb6@x"
    assert record.encode_pointer(1485) == b"p\x0f           1485"
    assert len(record.encode_pointer(0)) == record.POINTER_SIZE


@given(st.lists(st.binary(max_size=300), max_size=8), st.binary(max_size=4))
def test_text_lines_gives_what_stands_before_any_other_record(lines: list[bytes], rest: bytes) -> None:
    run = b"".join(record.encode(RecordType.TEXT, line) for line in lines)
    tail = record.encode(RecordType.EXTRACTED) + rest
    assert record.text_lines(b"xx" + run + tail, 2) == (lines, 2 + len(run))
