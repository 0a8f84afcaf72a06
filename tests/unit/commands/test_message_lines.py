"""A message as header and body checks see it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.commands.message_lines import message_lines

MESSAGE = ["Subject: a", "  b", "To: x", "", "body", "", "Not: a header"]


@pytest.mark.parametrize(
    ("header", "body", "lines"),
    [
        pytest.param(True, False, ["Subject: a\n  b", "To: x"], id="header"),
        pytest.param(False, True, ["", "body", "", "Not: a header"], id="body"),
        pytest.param(True, True, ["Subject: a\n  b", "To: x", "", "body", "", "Not: a header"], id="both"),
    ],
)
def test_lines(header: bool, body: bool, lines: list[str]) -> None:
    assert list(message_lines(MESSAGE, header=header, body=body)) == lines


def test_what_is_no_header_begins_the_body() -> None:
    assert list(message_lines(["A: b", "no header"], header=False, body=True)) == ["no header"]
    assert list(message_lines(["A: b"], header=True, body=False)) == ["A: b"]


@given(st.lists(st.text(st.sampled_from(list("aA: \t-")), max_size=6), max_size=8))
def test_nothing_is_lost(lines: list[str]) -> None:
    found = list(message_lines(lines, header=True, body=True))
    assert "\n".join(found).split("\n") == (lines or [""])
