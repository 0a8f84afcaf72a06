"""pymail.log.frame"""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.log.frame import MAXIMUM_TEXT, clean, file_frame, first_label, syslog_frame


@pytest.mark.parametrize(
    ("severity", "text", "result"),
    [
        ("info", "connect from a[b]", "connect from a[b]"),
        ("warning", "odd", "warning: odd"),
        ("fatal", "end", "fatal: end"),
        ("info", "a\r\nb\0c\x7f", "a??b?c?"),
        ("info", "bücher\udcff", "bücher?"),
        ("info", "x" * 3000, "x" * 2000),
        ("error", "x" * 3000, "error: " + "x" * 1993),
    ],
)
def test_a_text_is_made_fit_for_the_log(severity: str, text: str, result: str) -> None:
    assert clean(severity, text) == result


@given(st.text(max_size=3000))
def test_any_text_becomes_one_line_of_bounded_size(text: str) -> None:
    octets = clean("warning", text).encode()
    assert len(octets) <= MAXIMUM_TEXT
    assert not set(octets) & {0, 10, 13}


def test_the_frames_of_files_and_of_syslog() -> None:
    process = re.escape(f"postfix/smtpd[{os.getpid()}]: ")
    assert re.fullmatch(
        rf"[A-Z][a-z]{{2}} \d\d \d\d:\d\d:\d\d mta {process}", file_frame("mta.x").prefix("postfix/smtpd")
    )
    assert re.fullmatch(rf"[A-Z][a-z]{{2}} [ \d]\d \d\d:\d\d:\d\d {process}", syslog_frame().prefix("postfix/smtpd"))


def test_a_host_name_is_cut_at_its_first_dot() -> None:
    assert [first_label(name) for name in ("mta.example.com", "mta")] == ["mta", "mta"]
