from __future__ import annotations

import ctypes
import os

from pymail.server.watchdog import Watchdog
from tests.support.processes import in_child


def _stuck_in_c() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    Watchdog(1).restart()
    ctypes.PyDLL(None).pause()  # keeps the GIL: no Python code can run


def test_a_process_that_is_stuck_in_a_c_call_ends() -> None:
    with in_child(_stuck_in_c) as child:
        assert child.wait() == 1


def test_a_stopped_watchdog_ends_nothing() -> None:
    watchdog = Watchdog(1)
    watchdog.restart()
    watchdog.stop()
    with in_child(lambda: (Watchdog(1).restart(), Watchdog(1).stop())) as child:
        assert child.wait() == 0
