"""Waiting for events with a deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")

#: Seconds between two looks at something that cannot tell us by itself.
_LOOK = 0.01


def wait_for(what: str, look: Callable[[], Value], deadline: float = 20.0) -> Value:
    """Return the first true value that *look* gives; fails after *deadline* seconds, naming *what*."""
    pause = threading.Event()
    end = time.monotonic() + deadline
    while True:
        value = look()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline} s: {what}")
        pause.wait(_LOOK)
