"""Tests for pymail.mail.date."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.mail.date import format_date


@pytest.mark.parametrize(
    ("epoch", "offset", "zone", "text"),
    [
        pytest.param(1795241029, 0, "UTC", "Sat, 21 Nov 2026 06:03:49 +0000 (UTC)", id="utc"),
        pytest.param(1795241029, 19800, "IST", "Sat, 21 Nov 2026 11:33:49 +0530 (IST)", id="east-half-hour"),
        pytest.param(1795241029, -28800, "PST", "Fri, 20 Nov 2026 22:03:49 -0800 (PST)", id="west-other-day"),
        pytest.param(1795241029, -12600, "", "Sat, 21 Nov 2026 02:33:49 -0330", id="no-zone-name"),
        pytest.param(0, 0, "UTC", "Thu,  1 Jan 1970 00:00:00 +0000 (UTC)", id="blank-before-the-day"),
    ],
)
def test_date(epoch: int, offset: int, zone: str, text: str) -> None:
    assert format_date(epoch, offset, zone) == text


@given(st.integers(0, 2**32), st.integers(-14 * 60, 14 * 60))
def test_date_is_read_back(epoch: int, minutes: int) -> None:
    assert parsedate_to_datetime(format_date(epoch, minutes * 60, "X")).timestamp() == epoch
