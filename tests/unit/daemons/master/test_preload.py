from __future__ import annotations

import gc

from pymail.daemons.master import preload
from pymail.server.invocation import Invocation
from tests.support.processes import in_child


def main_of_test(_invocation: Invocation) -> None: ...


def test_a_daemon_that_is_not_there_keeps_nothing_else_from_working() -> None:
    mains, problems = preload.preload(["postlogd", "nosuchdaemon"], {"known": main_of_test})
    assert set(mains) == {"postlogd", "known"}
    assert problems == {"nosuchdaemon": "nosuchdaemon: there is no such daemon"}


def test_what_is_loaded_is_not_loaded_again() -> None:
    mains, problems = preload.preload(["postlogd"], {"postlogd": main_of_test})
    assert mains["postlogd"] is main_of_test
    assert not problems


def test_the_heap_is_frozen() -> None:
    def run() -> None:
        preload.freeze()
        assert gc.get_freeze_count() > 1000

    with in_child(run) as child:
        assert child.wait() == 0
