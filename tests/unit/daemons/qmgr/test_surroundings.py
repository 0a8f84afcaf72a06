"""The surroundings of the queue manager's parts."""

from __future__ import annotations

from pymail.daemons.qmgr.surroundings import Surroundings
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from pymail.queue.directories import QueueLayout


def test_addresses_are_shown_as_they_are_unless_told_otherwise() -> None:
    surroundings = Surroundings(QueueLayout(), Log("postfix/qmgr", MemorySink()), lambda: 0.0)
    assert surroundings.show_address("a b@c.test") == "a b@c.test"
