"""Run a daemon's `main` and turn its end into an exit status; what ended it goes to the log.

Status 0: idle, served enough, or reloaded. 1: fatal error, after a pause that bounds the rate of restarts.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from typing import Final, NoReturn

from pymail.config.main_cf import ConfigError
from pymail.log.fatal import FatalError
from pymail.log.logger import Log
from pymail.server.invocation import Invocation
from pymail.tables.base import TableError, TableOpenError

Main = Callable[[Invocation], None]

#: Seconds between a fatal error and the end of the process.
FATAL_PAUSE: Final = 1.0


def live(main: Main, invocation: Invocation, pause: float = FATAL_PAUSE) -> int:
    """Run *main* to its end; return the exit status."""
    return guarded(lambda: main(invocation), invocation.log, pause)


def guarded(step: Callable[[], None], log: Log, pause: float = FATAL_PAUSE) -> int:
    """Run *step*; log what it raises; return the exit status."""
    try:
        step()
    except (FatalError, ConfigError, TableError, TableOpenError) as error:
        log.fatal_line("%s", error)
    except SystemExit as error:
        log.flush()
        return error.code if isinstance(error.code, int) else 0 if error.code is None else 1
    except KeyboardInterrupt:
        log.flush()
        return 1
    except Exception as error:
        for part in traceback.format_exc().rstrip().split("\n"):
            log.warning("%s", part)
        log.fatal_line("%s: %s", type(error).__name__, error)
    else:
        log.flush()
        return 0
    log.flush()
    time.sleep(pause)
    return 1


def leave(status: int) -> NoReturn:
    """End the process at once: a forked child must not run what its parent had planned for its own end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass
    os._exit(status)
