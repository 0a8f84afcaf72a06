from __future__ import annotations

import os
import time

from pymail.unix import clock
from tests.support.processes import in_child


def test_the_clocks_run() -> None:
    assert clock.monotonic() <= clock.monotonic()
    assert clock.wall() > 1_700_000_000


def test_the_offset_is_that_of_the_zone() -> None:
    def run() -> None:
        os.environ["TZ"] = "UTC-02"
        time.tzset()
        assert clock.zone_offset(0) == 7200

    with in_child(run) as child:
        assert child.wait() == 0
