"""The quick way to read an envelope gives what the long way gives, or leaves it to that."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.daemons.qmgr.quick_read import _quick_read, read_message
from pymail.proto import record
from pymail.proto.record import RecordType
from pymail.queue.reader import Batch, CorruptFileError, Envelope, EnvelopeReader, Sizes
from tests.support.qmgr_world import queue_file

GOLDEN = Path(__file__).parents[3] / "golden" / "queue"


def both(octets: bytes, limit: int) -> tuple[tuple[Envelope, Batch] | None, tuple[Envelope, Batch] | None]:
    """Return the answers of the quick and of the long way."""
    with TemporaryFile() as file:
        file.write(octets)
        file.flush()
        fd = file.fileno()
        quick = _quick_read(fd, limit)
        reader = EnvelopeReader(fd)
        try:
            batch = reader.read(limit)
        except CorruptFileError:
            return quick, None
        return quick, (reader.envelope, batch)


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(queue_file(["u@a.test"]), id="usual"),
        pytest.param(queue_file([f"u{number}@a.test" for number in range(100)]), id="many-recipients"),
        pytest.param(queue_file(["u@a.test"], filter="scan:"), id="filter"),
        pytest.param(queue_file(["u@a.test"], sender="", extra=record.encode_attribute("x", "")), id="null-sender"),
        pytest.param(queue_file(["ü@a.test"], extra=record.encode(RecordType.KILLED, b"x=1")), id="killed-record"),
        pytest.param(queue_file(["u@a.test"], extra=record.encode_pointer(0)), id="place-holder"),
        pytest.param(
            queue_file(["u@a.test"], extra=record.encode_attribute("trace_flags", 1024)
                       + record.encode_attribute("envelope_id", " e ") + record.encode_attribute("ret_flags", 1)),
            id="attributes",
        ),
        pytest.param(queue_file(["u@a.test"], extra=record.encode(RecordType.WARNING_TIME, b"%15d" % -1)), id="warned"),
    ],
)  # fmt: skip
def test_usual_files_are_read_the_quick_way(octets: bytes) -> None:
    quick, long = both(octets, 1000)
    assert quick == long
    assert quick is not None


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(queue_file([f"u{number}@a.test" for number in range(7)]), id="too-many-recipients"),
        pytest.param(queue_file([("u" * 150) + "@a.test"]), id="long-record"),
        pytest.param(queue_file(["u@a.test"], extra=record.encode_pointer(97)), id="pointer"),
        pytest.param(queue_file(["u@a.test"], redirect="v@b.test"), id="redirect"),
        pytest.param(queue_file(["u@a.test"])[:-2], id="no-end"),
        pytest.param(queue_file(["u@a.test"]).replace(b"S\x0da@sender.test", b"F\x0da@sender.test"), id="no-sender"),
        pytest.param(b"", id="empty"),
        pytest.param(b"C\x5f" + b"x" * 95, id="bad-size"),
        pytest.param(record.encode(RecordType.MESSAGE_SIZE, Sizes(5, 10_000, 1).encode()), id="cut-off"),
    ],
)
def test_what_is_unusual_is_left_to_the_long_way(octets: bytes) -> None:
    quick, _ = both(octets, 5)
    assert quick is None


def test_a_head_that_is_longer_than_needed_cannot_move_offsets() -> None:
    odd = bytes((RecordType.ATTRIBUTE, 0x80 | 3, 0)) + b"a=b"
    octets = queue_file(["u@a.test"], extra=odd)
    quick, long = both(octets, 5)
    assert quick is None
    assert long is not None
    assert octets[long[1].recipients[0].offset] == RecordType.RECIPIENT


def test_the_long_way_is_taken_when_need_be(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(queue_file([f"u{number}@a.test" for number in range(7)], redirect="v@b.test"))
    fd = os.open(path, os.O_RDONLY)
    envelope, batch = read_message(fd, 5)
    os.close(fd)
    assert (envelope.redirect, len(batch.recipients), batch.next_offset > 0) == ("v@b.test", 5, True)


MESSAGES = [
    path
    for queue in ("incoming", "active", "deferred", "hold")
    for path in sorted(GOLDEN.glob(f"*.{queue}.*"))
    if path.suffix != ".txt"
]


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.name)
def test_files_of_postfix(path: Path) -> None:
    quick, long = both(path.read_bytes(), 1000)
    assert quick is None or quick == long


def test_most_files_of_postfix_are_usual() -> None:
    assert sum(both(path.read_bytes(), 1000)[0] is not None for path in MESSAGES) > len(MESSAGES) / 2


PIECES = st.lists(
    st.sampled_from([
        record.encode_attribute("notify_flags", 3), record.encode_attribute("dsn_orig_rcpt", "rfc822;x@y"),
        record.encode_text(RecordType.ORIGINAL_RECIPIENT, "o@a.test"), record.encode_text(RecordType.DONE, "d@a.test"),
        record.encode_text(RecordType.RECIPIENT, "r@a.test"), record.encode_text(RecordType.RECIPIENT, "o@a.test"),
        record.encode_text(RecordType.CANCELED, "c@a.test"), record.encode_attribute("log_ident", "X"),
        record.encode(RecordType.KILLED, b"k"), record.encode_pointer(0), record.encode(RecordType.PADDING, b"0"),
        record.encode_text(RecordType.FULL_NAME, "A. Name"), b"A\x01x", b"\xff\x00", record.encode(RecordType.TEXT),
    ]),
    max_size=12,
)  # fmt: skip


@given(PIECES, st.integers(1, 4), st.integers(0, 300))
def test_both_ways_agree(pieces: list[bytes], limit: int, cut: int) -> None:
    octets = queue_file(["u@a.test"], extra=b"".join(pieces))
    quick, long = both(octets[: len(octets) - cut] if cut < 20 else octets, limit)
    assert quick is None or quick == long
