from __future__ import annotations

import signal

from pymail.unix import signals
from tests.support.processes import in_child


def test_what_the_parent_set_is_undone() -> None:
    def run() -> None:
        signal.signal(signal.SIGTERM, lambda *_: None)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
        signals.reset()
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_DFL
        assert signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN
        assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()
        assert signal.set_wakeup_fd(-1) == -1

    with in_child(run) as child:
        assert child.wait() == 0


def test_a_foreign_program_gets_the_defaults() -> None:
    def run() -> None:
        signals.reset(ignore=False)
        assert signal.getsignal(signal.SIGPIPE) == signal.SIG_DFL

    with in_child(run) as child:
        assert child.wait() == 0
