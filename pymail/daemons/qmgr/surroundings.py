"""What every part of the queue manager needs of its process."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from pymail.log.logger import Log
from pymail.queue.directories import QueueLayout

#: Steps that have to wait for other daemons.
Steps = Coroutine[Any, Any, None]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where the queue is, where the log goes, the time of day (epoch seconds), how addresses look in the log."""

    layout: QueueLayout
    log: Log
    now: Callable[[], float]
    show_address: Callable[[str], str] = str
