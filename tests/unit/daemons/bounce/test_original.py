"""Reading the message that a report is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from pymail.daemons.bounce.original import Original, read_original
from pymail.proto.record import RecordType, encode, encode_lines, encode_text
from pymail.queue.reader import CorruptFileError


def queue_file(path: Path, *, sizes: bool) -> Path:
    head = encode_text(RecordType.ARRIVAL_TIME, "1795241030 5") + encode_text(RecordType.SENDER, "a@b")
    head += encode(RecordType.MESSAGE)
    content = encode_lines([b"Subject: x", b"", b"body"], 2048)
    offset = 97 + len(head)
    size_data = b" ".join(b"%15d" % n for n in (len(content), offset, 1, 0, len(content), 0))
    first = encode(RecordType.MESSAGE_SIZE, size_data if sizes else b"%15d" % 0)
    if not sizes:
        first = encode(RecordType.MESSAGE_SIZE, b" ".join([b"%15d" % 0] * 6))
    path.write_bytes(first + head + content + encode(RecordType.EXTRACTED) + encode(RecordType.END))
    return path


@pytest.mark.parametrize("sizes", [True, False])
def test_header_body_and_arrival(tmp_path: Path, sizes: bool) -> None:
    original = read_original(str(queue_file(tmp_path / "f", sizes=sizes)), 1000)
    assert (original.header, original.body) == ((b"Subject: x",), (b"body",))
    assert original.arrival == pytest.approx(1795241030.000005)


def test_a_body_over_the_limit_is_left_out(tmp_path: Path) -> None:
    assert read_original(str(queue_file(tmp_path / "f", sizes=True)), 5).body == ()


def test_a_file_without_content_is_corrupt(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(encode_text(RecordType.ARRIVAL_TIME, "1795241030 5"))
    with pytest.raises(CorruptFileError):
        read_original(str(tmp_path / "f"), 5)


def test_the_unknown_message_is_empty() -> None:
    assert Original.unknown(5.0) == Original(5.0, 0, (), ())
