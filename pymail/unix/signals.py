"""Signals of this process: back to what a new program expects."""

from __future__ import annotations

import signal
from typing import Final

#: Python's own handling of these stays: a write to a closed pipe or over a limit is an error, not the end.
_IGNORED: Final = (signal.SIGPIPE, signal.SIGXFSZ)


def reset(*, ignore: bool = True) -> None:
    """Undo every handler and mask that a parent set; with *ignore* broken pipes stay errors."""
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if number in (signal.SIGKILL, signal.SIGSTOP):
            continue
        wanted = signal.SIG_IGN if ignore and number in _IGNORED else signal.SIG_DFL
        if signal.getsignal(number) not in (wanted, None):
            signal.signal(number, wanted)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
