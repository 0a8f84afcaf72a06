"""The story of a message: its lines and those of what it led to, out of one or two logs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.commands.demo_story import LogLine, find_first, read_lines, tell

STAMP = "Nov 21 07:30:01 host postfix"

ONE = f"""\
{STAMP}/smtpd[10]: connect from localhost[127.0.0.1]
{STAMP}/smtpd[10]: A00001: client=localhost[127.0.0.1]
{STAMP}/cleanup[11]: A00001: message-id=<a@one.test>
{STAMP}/qmgr[12]: A00001: from=<me@one.test>, size=300, nrcpt=1 (queue active)
{STAMP}/pickup[13]: C00003: uid=1000 from=<me@one.test>
{STAMP}/cleanup[11]: C00003: message-id=<c@one.test>
{STAMP}/smtp[14]: A00001: to=<me@two.test>, relay=127.0.0.1[127.0.0.1]:2525, delay=0.1, delays=0/0/0/0.1, dsn=2.0.0, \
status=sent (250 2.0.0 Ok: queued as B00002)
{STAMP}/qmgr[12]: A00001: removed
{STAMP}/local[15]: warning: C00003: alias team: empty
{STAMP}/bounce[16]: C00003: sender non-delivery notification: D00004
{STAMP}/cleanup[11]: D00004: message-id=<d@one.test>
"""

TWO = f"""\
{STAMP}/cleanup[21]: B00002: message-id=<a@one.test>
{STAMP}/local[22]: B00002: to=<me@two.test>, relay=local, delay=0, delays=0/0/0/0, dsn=2.0.0, status=deferred (no)
{STAMP}/qmgr[23]: B00002: removed
"""


@pytest.fixture
def lines() -> list[LogLine]:
    return [*read_lines("one", ONE), *read_lines("two", TWO)]


def test_lines_without_a_queue_id_are_left_out(lines: list[LogLine]) -> None:
    assert not any("connect from" in line.text for line in lines)
    assert {line.queue_id for line in lines} == {"A00001", "B00002", "C00003", "D00004"}


def test_a_warning_about_a_message_belongs_to_it(lines: list[LogLine]) -> None:
    assert tell(lines, "C00003").tells("alias team: empty")


def test_the_first_queue_id_of_a_message_id_is_found(lines: list[LogLine]) -> None:
    assert find_first(lines, "<a@one.test>") == "A00001"
    assert find_first(lines, "<other@one.test>") is None


def test_a_message_is_followed_to_the_next_server(lines: list[LogLine]) -> None:
    story = tell(lines, "A00001")
    assert story.ids == ("A00001", "B00002")
    assert [line.system for line in story.lines] == ["one"] * 5 + ["two"] * 3
    assert story.is_over
    assert story.is_waiting


def test_a_report_is_part_of_the_story_which_is_not_over_before_it_is_removed(lines: list[LogLine]) -> None:
    story = tell(lines, "C00003")
    assert story.ids == ("C00003", "D00004")
    assert not story.is_over


def test_an_alias_to_elsewhere_is_followed_and_a_circle_ends() -> None:
    log = f"{STAMP}/local[1]: A00001: to=<x@a>, status=sent (forwarded as B00002)\n"
    log += f"{STAMP}/local[1]: B00002: to=<x@a>, status=sent (forwarded as A00001)\n"
    assert tell(read_lines("one", log), "A00001").ids == ("A00001", "B00002")


def test_a_story_of_which_nothing_is_known_is_not_over() -> None:
    assert not tell([], "A00001").is_over


@given(st.text())
def test_any_log_can_be_read(log: str) -> None:
    for line in read_lines("one", log):
        assert line.whole in log
        assert line in tell([line], line.queue_id).lines
