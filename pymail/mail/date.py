"""The date of a `Date:` or `Received:` header (RFC 5322 §3.3), in Postfix's spelling."""

from __future__ import annotations

import time
from typing import Final

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def format_date(epoch: int, offset: int = 0, zone: str = "") -> str:
    """Return `Sat, 21 Nov 2026 06:03:49 +0000 (UTC)`.

    *offset* is seconds east of UTC; *zone* is the zone's name, left out with its parentheses when empty.
    The day of the month is padded with a blank, as Postfix writes it.
    """
    at = time.gmtime(epoch + offset)
    sign = "-" if offset < 0 else "+"
    hours, minutes = divmod(abs(offset) // 60, 60)
    date = (
        f"{_DAYS[at.tm_wday]}, {at.tm_mday:2d} {_MONTHS[at.tm_mon - 1]} {at.tm_year:04d} "
        f"{at.tm_hour:02d}:{at.tm_min:02d}:{at.tm_sec:02d} {sign}{hours:02d}{minutes:02d}"
    )
    return f"{date} ({zone})" if zone else date
