"""Whether a service is under stress: its processes or its share of clients were used up a short while ago."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

#: How long one use-up keeps a service in the stress mode. Postfix: master_avail.c
STRESS_TIME: Final = 1000


class Stress:
    """The live `stress` value of one process; only a service that faces the network has a second set of parameters."""

    __slots__ = ("_clock", "_until", "capable", "forced")

    def __init__(self, *, capable: bool, forced: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        self.capable = capable
        self.forced = forced
        self._until = 0.0
        self._clock = clock

    def begin(self) -> None:
        """The share is used up: live with the second set of parameters for a while."""
        if self.capable:
            self._until = self._clock() + STRESS_TIME

    @property
    def active(self) -> bool:
        """Whether sessions that begin now use the parameters of `stress=yes`."""
        return self.forced or (self._until > 0 and self._clock() < self._until)
