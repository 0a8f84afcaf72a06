from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.proto import record
from pymail.proto.record import RecordType
from pymail.queue.content import content_chunks, content_lines
from pymail.queue.reader import CorruptFileError
from tests.support.golden_queue import queue_files


def content_file(lines: list[bytes], limit: int = 2048) -> int:
    fd = os.memfd_create("content")
    os.write(fd, record.encode_lines(lines, limit) + record.encode(RecordType.EXTRACTED))
    return fd


@given(st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"").replace(b"\r", b"")), max_size=9))
def test_lines_and_blocks_hold_the_content(lines: list[bytes]) -> None:
    fd = content_file(lines, 7)
    assert list(content_lines(fd, 0)) == lines
    assert b"".join(content_chunks(fd, 0, eol=b"\r\n")) == b"".join(line + b"\r\n" for line in lines)
    stuffed = b"".join(content_chunks(fd, 0, eol=b"\r\n", dot_stuff=True))
    os.close(fd)
    assert stuffed == b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines)


def test_big_content_comes_in_blocks_and_is_stuffed_across_them() -> None:
    lines = [b"." + b"z" * 1000] * 300
    fd = content_file(lines)
    blocks = list(content_chunks(fd, 0, eol=b"\r\n", dot_stuff=True))
    os.close(fd)
    assert len(blocks) > 2
    assert b"".join(blocks) == b"".join(b"." + line + b"\r\n" for line in lines)


def test_a_line_without_its_end_is_kept() -> None:
    fd = os.memfd_create("content")
    os.write(fd, record.encode(RecordType.LONG_TEXT, b"half") + record.encode(RecordType.EXTRACTED))
    assert b"".join(content_chunks(fd, 0)) == b"half"
    assert list(content_lines(fd, 0)) == [b"half"]
    os.close(fd)


def test_the_content_of_an_edited_file() -> None:
    fd = os.open(queue_files("hold")[1], os.O_RDONLY)
    lines = list(content_lines(fd, 767))
    os.close(fd)
    assert lines[0] == b"X-Milter-First: top"
    assert lines[-2:] == [b"", b"replaced body line"]


@pytest.mark.parametrize("tail", [b"", b"E\0", b"S\1a"])
def test_content_that_does_not_end_is_corrupt(tail: bytes) -> None:
    fd = os.memfd_create("content")
    os.write(fd, record.encode_lines([b"x"], 10) + tail)
    with pytest.raises(CorruptFileError):
        list(content_chunks(fd, 0))
    with pytest.raises(CorruptFileError):
        list(content_lines(fd, 0))
    os.close(fd)
