"""SMTP replies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.proto.smtp.reply import REPLY_LINES_LIMIT, Reply, ReplyError, ReplyReader

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20).filter(
    lambda text: text == text.rstrip()
)


def read(data: bytes, size: int = 1000) -> list[Reply]:
    reader = ReplyReader()
    replies = []
    for start in range(0, len(data), size):
        reader.feed(data[start : start + size])
        while (reply := reader.next_reply()) is not None:
            replies.append(reply)
    return replies


@pytest.mark.parametrize(
    ("data", "replies"),
    [
        pytest.param(b"250 2.0.0 Ok\r\n", [Reply(250, ("2.0.0 Ok",))], id="one-line"),
        pytest.param(b"250-a\r\n250 b\r\n", [Reply(250, ("a", "b"))], id="two-lines"),
        pytest.param(b"250\r\n", [Reply(250, ("",))], id="code-only"),
        pytest.param(b"220-x\r\nwelcome\r\n220 y\n", [Reply(220, ("x", "welcome", "y"))], id="line-without-code"),
        pytest.param(b"250-a\r\n550 b\r\n", [Reply(550, ("a", "b"))], id="last-code-counts"),
        pytest.param(b"999 a\r\n220 b\r\n", [Reply(220, ("999 a", "b"))], id="no-such-code"),
    ],
)
def test_replies_are_read(data: bytes, replies: list[Reply]) -> None:
    assert read(data) == replies


def test_endless_reply_is_an_error() -> None:
    with pytest.raises(ReplyError):
        read(b"250-x\r\n" * (REPLY_LINES_LIMIT + 2))


@given(st.integers(200, 599), st.lists(TEXTS, min_size=1, max_size=4), st.integers(1, 9))
def test_what_is_written_is_read_again(code: int, lines: list[str], size: int) -> None:
    reply = Reply(code, tuple(lines))
    assert read(reply.wire(), size) == [reply]


@given(st.binary(max_size=80), st.integers(1, 9))
def test_any_split_gives_the_same_replies(data: bytes, size: int) -> None:
    assert read(data, size) == read(data)


def test_text_shows_all_lines_with_their_code() -> None:
    assert Reply(550, ("5.1.1 no", "such user")).text == "550-5.1.1 no 550 such user"


def test_kinds() -> None:
    assert Reply.of(354, "go").is_positive
    assert Reply.of(451, "x").is_transient and not Reply.of(451, "x").is_permanent
    assert Reply.of(550, "x\ny") == Reply(550, ("x", "y"))
