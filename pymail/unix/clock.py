"""The host's clocks, behind small functions that are passed to those who need the time."""

from __future__ import annotations

import time


def wall() -> float:
    """Return the time of day in seconds since 1970."""
    return time.time()


def monotonic() -> float:
    """Return seconds that never go backwards, for deadlines."""
    return time.monotonic()


def zone_offset(epoch: float) -> int:
    """Return the offset of local time from UTC at *epoch*, in seconds."""
    return time.localtime(epoch).tm_gmtoff


def local_zone(epoch: float) -> tuple[int, str]:
    """Return the local time zone at *epoch*: seconds east of UTC, and its name."""
    local = time.localtime(epoch)
    return local.tm_gmtoff, local.tm_zone
