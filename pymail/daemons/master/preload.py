"""Import the daemons' modules before the first fork: their memory is shared by all processes.

The one place where a daemon imports daemons, and it does so by name.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping

from pymail.log.fatal import FatalError
from pymail.server import entry, launch, startup


def preload(programs: Iterable[str], loaded: Mapping[str, entry.Main]) -> tuple[dict[str, entry.Main], dict[str, str]]:
    """Import *programs* that are not in *loaded*; return the mains of all, and for each that failed the reason.

    One that cannot be imported does not keep the others from working.
    """
    mains = dict(loaded)
    problems: dict[str, str] = {}
    for program in sorted(set(programs) - set(mains)):
        try:
            mains[program] = launch.service_main(program)
        except FatalError as error:
            problems[program] = str(error)
        except (ImportError, SyntaxError, AttributeError, NameError, TypeError) as error:
            problems[program] = f"{program}: {type(error).__name__}: {error}"
    startup.import_late()
    return mains, problems


def freeze() -> None:
    """Keep the garbage collector from touching (and so from copying, in each child) what is loaded now."""
    gc.collect()
    gc.freeze()
