"""Lines, the end of data, and leading dots."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.proto.line import BareLinefeed, ChunkReader, DataReader, DataWriter, LineReader

#: What message content is made of where framing goes wrong.
PIECES = st.lists(st.sampled_from([b".", b"\r", b"\n", b"\r\n", b"x", b"..", b"\r\n.\r\n", b"\n.\n"]), max_size=30)
SIZES = st.integers(1, 9)


def read_lines(data: bytes, size: int, limit: int = 12) -> list[tuple[bytes, bool, bool]]:
    reader = LineReader(limit)
    lines = []
    for start in range(0, len(data), size):
        reader.feed(data[start : start + size])
        while (line := reader.next_line()) is not None:
            lines.append((line, reader.bare_linefeed, reader.truncated))
    return lines


def read_data(data: bytes, size: int, rule: BareLinefeed, limit: int = 20) -> tuple[bytes, bool, bytes, bool]:
    """Return content, whether it has ended, what follows it, and whether a bare LF was seen."""
    reader = DataReader(rule, limit)
    content = b""
    for start in range(0, len(data), size):
        if reader.finished:
            return content, True, reader.rest + data[start:], reader.bare_linefeed
        content += reader.feed(data[start : start + size])
    return content, reader.finished, reader.rest, reader.bare_linefeed


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        pytest.param(b"NOOP\r\n", [(b"NOOP", False, False)], id="crlf"),
        pytest.param(b"NOOP\n", [(b"NOOP", True, False)], id="bare-lf"),
        pytest.param(b"NOOP\r\r\n", [(b"NOOP", False, False)], id="several-cr"),
        pytest.param(b"a\rb\r\n", [(b"a\rb", False, False)], id="cr-inside"),
        pytest.param(b"\r\n\r\n", [(b"", False, False), (b"", False, False)], id="empty-lines"),
        pytest.param(b"123456789012\r\n", [(b"123456789012", False, False)], id="at-the-limit"),
        pytest.param(b"1234567890123\r\nx\r\n", [(b"123456789012", False, True), (b"x", False, False)], id="too-long"),
        pytest.param(b"x" * 99 + b"\nx\n", [(b"x" * 12, False, True), (b"x", True, False)], id="much-too-long"),
        pytest.param(b"no end", [], id="unfinished"),
    ],
)
def test_lines_are_cut_at_line_feeds(data: bytes, lines: list[tuple[bytes, bool, bool]]) -> None:
    assert [line[0] for line in read_lines(data, 100)] == [line[0] for line in lines]
    assert [line[2] for line in read_lines(data, 100)] == [line[2] for line in lines]


def test_bare_line_feed_is_seen() -> None:
    assert read_lines(b"a\r\nb\n", 100) == [(b"a", False, False), (b"b", True, False)]


def test_flood_without_a_line_end_takes_no_memory() -> None:
    reader = LineReader(10)
    for _ in range(100):
        reader.feed(b"x" * 1000)
        while reader.next_line() is not None:
            pass
    assert not reader.has_pending


def test_what_is_left_is_handed_over() -> None:
    reader = LineReader(100)
    reader.feed(b"DATA\r\nSubject: x\r\n")
    assert reader.next_line() == b"DATA"
    assert reader.pending == b"Subject: x\r\n"
    assert reader.take() == b"Subject: x\r\n"
    assert not reader.has_pending


@given(st.binary(max_size=60), SIZES)
def test_any_split_gives_the_same_lines(data: bytes, size: int) -> None:
    def texts(lines: list[tuple[bytes, bool, bool]]) -> list[tuple[bytes, bool]]:
        return [(line, truncated) for line, _, truncated in lines]

    assert texts(read_lines(data, size)) == texts(read_lines(data, len(data) or 1))


@pytest.mark.parametrize(
    "separator",
    [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\n.\r", b"\r\n.\r\r\n", b"\r\n\x00.\r\n"],
    ids=repr,
)
def test_only_the_true_end_ends_data(separator: bytes) -> None:
    smuggled = b"MAIL FROM:<evil@example.com>\r\n"
    content, finished, rest, _ = read_data(
        b"a" + separator + smuggled + b".\r\nQUIT\r\n", 1000, BareLinefeed.NORMALIZE, 2048
    )
    assert finished
    assert rest == b"QUIT\r\n"
    assert smuggled[:-2] in content
    assert b"\n.\n" not in b"\n" + content


@pytest.mark.parametrize("separator", [b"\n.\n", b"\n.\r\n", b"\r\n.\n"], ids=repr)
def test_lax_rule_ends_data_at_any_line_with_a_dot(separator: bytes) -> None:
    assert read_data(b"a" + separator + b"QUIT\r\n", 1000, BareLinefeed.NO)[:3] == (b"a\n", True, b"QUIT\r\n")


@pytest.mark.parametrize(
    ("data", "content"),
    [
        pytest.param(b".\r\n", b"", id="empty"),
        pytest.param(b"a\r\n.\r\n", b"a\n", id="one-line"),
        pytest.param(b"..\r\n..a\r\n.b\r\n.\r\n", b".\n.a\nb\n", id="leading-dots"),
        pytest.param(b"a\nb\r\nc\r\r\n.\r\n", b"a\nb\nc\n", id="line-ends"),
        pytest.param(b"a\n.\nb\r\n.\r\n", b"a\nb\n", id="lone-dot-is-dropped"),
        pytest.param(b".\n.\n.\r\na\r\n.\r\n", b"a\n", id="lone-dots-at-the-start"),
        pytest.param(b"a\rb\r\n.\r\n", b"a\rb\n", id="bare-cr-stays"),
        pytest.param(b"x" * 50 + b"\r\n.\r\n", b"x" * 50 + b"\n", id="long-line"),
        pytest.param(b"x" * 20 + b".\r\n.\r\n", b"x" * 20 + b".\n", id="dot-at-the-limit"),
    ],
)
def test_content_is_made_plain(data: bytes, content: bytes) -> None:
    for size in (1, 2, 3, 7, 1000):
        assert read_data(data, size, BareLinefeed.NORMALIZE)[:3] == (content, True, b"")


@given(PIECES, SIZES, st.sampled_from(list(BareLinefeed)))
def test_any_split_gives_the_same_content(pieces: list[bytes], size: int, rule: BareLinefeed) -> None:
    data = b"".join(pieces)
    whole = read_data(data, len(data) or 1, rule)
    parts = read_data(data, size, rule)
    assert parts[1] == whole[1]
    if whole[1]:
        assert parts == whole


@given(PIECES, SIZES)
def test_strict_end_is_the_first_true_one(pieces: list[bytes], size: int) -> None:
    data = b"".join(pieces)
    end = (b"\r\n" + data).find(b"\r\n.\r\n")
    finished, rest = read_data(data, size, BareLinefeed.NORMALIZE)[1:3]
    assert finished == (end >= 0)
    assert not finished or rest == data[end + 3 :]


@given(PIECES)
def test_no_lone_dot_leaves_the_reader(pieces: list[bytes]) -> None:
    data = b"x\r\n" + b"".join(pieces) + b"\r\n.\r\n"
    content = read_data(data, 1000, BareLinefeed.NORMALIZE, 2048)[0]
    stuffed = DataWriter().stuff(content.replace(b"\n", b"\r\n"))
    assert b"\r\n.\r\n" not in b"\r\n" + stuffed


def test_bare_line_feed_of_content_is_seen() -> None:
    assert read_data(b"a\nb\r\n.\r\n", 100, BareLinefeed.REJECT)[3]
    assert not read_data(b"a\r\n.\r\n", 100, BareLinefeed.REJECT)[3]


def read_chunks(data: bytes, size: int) -> bytes:
    reader = ChunkReader(20)
    return b"".join(reader.feed(data[start : start + size]) for start in range(0, len(data), size)) + reader.end()


@given(PIECES, SIZES)
def test_any_split_of_chunks_gives_the_same_content(pieces: list[bytes], size: int) -> None:
    data = b"".join(pieces)
    assert read_chunks(data, size) == read_chunks(data, len(data) or 1)


def test_chunks_are_not_unstuffed_and_get_a_last_line_end() -> None:
    assert read_chunks(b"..a\r\n.\r\nb", 3) == b"..a\n.\nb\n"


@given(st.lists(st.text(st.sampled_from(".ab"), max_size=4), max_size=8), SIZES, SIZES)
def test_what_is_written_is_read_again(lines: list[str], written: int, read: int) -> None:
    content = "".join(line + "\r\n" for line in lines).encode()
    writer = DataWriter()
    wire = b"".join(writer.stuff(content[start : start + written]) for start in range(0, len(content), written))
    wire += writer.end()
    plain, finished, rest, _ = read_data(wire + b"QUIT\r\n", read, BareLinefeed.NORMALIZE)
    assert finished
    assert plain.replace(b"\n", b"\r\n") == content
    assert (b"QUIT\r\n").startswith(rest[:6])


def test_writer_ends_an_open_line() -> None:
    writer = DataWriter()
    assert writer.stuff(b"a") + writer.end() == b"a\r\n.\r\n"
    assert DataWriter().end() == b".\r\n"
