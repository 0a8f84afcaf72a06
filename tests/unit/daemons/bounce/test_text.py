"""The words for a person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.daemons.bounce import text
from pymail.daemons.bounce.notice import Kind, Notice
from pymail.mail.dsn import Dsn
from pymail.mail.envelope import Recipient
from pymail.queue.logs import LogEntry


@pytest.mark.parametrize(
    ("seconds", "words"), [(432000, "5 days"), (86400, "1 day"), (7200, "2 hours"), (60, "1 minute"), (1, "1 second")]
)
def test_a_duration_in_words(seconds: int, words: str) -> None:
    assert text.duration(seconds) == words


@pytest.mark.parametrize(
    ("kind", "to_postmaster", "subject"),
    [
        (Kind.FAILURE, False, "Undelivered Mail Returned to Sender"),
        (Kind.FAILURE, True, "Postmaster Copy: Undelivered Mail"),
        (Kind.DELAY, False, "Delayed Mail (still being retried)"),
        (Kind.SUCCESS, False, "Successful Mail Delivery Report"),
        (Kind.PROBE, False, "Mail Delivery Status Report"),
    ],
)
def test_the_subject_is_postfix_s(kind: Kind, to_postmaster: bool, subject: str) -> None:
    assert text.subject(Notice(kind, "", "a@b", False, to_postmaster)) == subject


def test_the_warning_names_the_lifetime_and_each_recipient() -> None:
    entry = LogEntry(Recipient("u@x", "alias@x"), Dsn("4.4.1", "connection refused"))
    lines = text.body(Notice(Kind.DELAY, "", "a@b", False), [entry], "mx.test", 432000)
    assert "mx.test" in lines[0]
    assert "5 days" in " ".join(lines)
    assert "<u@x> (expanded from <alias@x>): connection refused" in lines


@given(st.text(max_size=300))
def test_no_line_of_a_reason_can_be_a_boundary(reason: str) -> None:
    entry = LogEntry(Recipient("u@x"), Dsn("5.0.0", reason))
    lines = text.recipient_paragraph(entry)
    assert lines[0].startswith("<u@x>")
    assert all(line.startswith("    ") for line in lines[1:])
    assert not any("\n" in line or "\r" in line for line in lines)
