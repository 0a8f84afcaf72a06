"""End a process that is stuck, wherever it is stuck.

A Python signal handler does not run inside a C call that does not return, so the timer is `faulthandler`'s own thread:
it writes where the process is to descriptor 2 and ends it with status 1.
"""

from __future__ import annotations

import faulthandler


class Watchdog:
    """A timer that must be restarted in time."""

    __slots__ = ("timeout",)

    def __init__(self, timeout: int) -> None:
        self.timeout = timeout

    def restart(self) -> None:
        """The process is alive: begin anew."""
        faulthandler.dump_traceback_later(self.timeout, exit=True)

    def stop(self) -> None:
        """The process waits for something that has no end of its own."""
        faulthandler.cancel_dump_traceback_later()
