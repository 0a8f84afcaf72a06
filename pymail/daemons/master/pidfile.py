"""The two lock files by which no second mail system uses the same queue or data directory."""

from __future__ import annotations

import os

from pymail.daemons.master.params import MasterParams
from pymail.log.fatal import FatalError
from pymail.unix import pids
from pymail.unix.jail import EffectiveUser
from pymail.unix.users import User


def path(params: MasterParams) -> str:
    """Return the name of the master's lock file."""
    return os.path.join(params.queue_directory, params.process_id_directory, "master.pid")


def acquire(params: MasterParams, owner: User | None) -> tuple[int, int]:
    """Lock both files and write this process's number; return the descriptors. Raises FatalError."""
    name = path(params)
    shown = os.path.join(params.process_id_directory, "master.pid")
    try:
        first = pids.create(name)
        pids.write(first, os.getpid())
    except OSError as error:
        raise FatalError(f"open lock file {shown}: {error.strerror or error}") from error
    name = os.path.join(params.data_directory, "master.lock")
    try:
        with EffectiveUser(owner):
            second = pids.create(name)
        pids.write(second, os.getpid())
    except OSError as error:
        raise FatalError(f"open lock file {name}: {error.strerror or error}") from error
    return first, second
