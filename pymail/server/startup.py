"""The steps from a started process to a daemon without privileges, common to all skeletons.

Order (spec: master, start-up order of a daemon): check how it was started, lock file, queue_directory, the daemon's
`before_jail`, everything that is imported late, then group, root directory and user.
"""

from __future__ import annotations

import importlib
import os
import stat
import sys
from collections.abc import Collection
from typing import Final, Protocol

from pymail.log.fatal import FatalError
from pymail.server.invocation import Invocation
from pymail.server.params import ServerParams
from pymail.unix import jail
from pymail.unix.users import NoSuchUserError, is_root, user_by_name

#: Modules that Python imports at their first use: there are none to find after chroot.
_LATE: Final = (
    "encodings.ascii",
    "encodings.idna",
    "encodings.latin_1",
    "encodings.punycode",
    "encodings.unicode_escape",
    "encodings.utf_8",
    "concurrent.futures.thread",
    "asyncio.staggered",
    "stringprep",
    "traceback",
    "linecache",
    "_strptime",
)


class Jailed(Protocol):
    """The part of a daemon that this module needs."""

    def before_jail(self, invocation: Invocation) -> None:
        """As root."""


def prepare(invocation: Invocation, daemon: Jailed, transports: Collection[str]) -> ServerParams:
    """Take the process through all steps up to the dropped privileges; return the parameters of its life.

    Raises FatalError, ConfigError, OSError, and what `before_jail` raises.
    """
    params = ServerParams(invocation.conf)
    check(invocation, transports, getattr(daemon, "required_process_limit", None))
    try:
        os.chdir(params.queue_directory)
    except OSError as error:
        raise FatalError(f'chdir("{params.queue_directory}"): {error.strerror}') from error
    daemon.before_jail(invocation)
    import_late()
    drop(invocation, params)
    return params


def check(invocation: Invocation, transports: Collection[str], process_limit: int | None) -> None:
    """Raise FatalError when master.cf has the service in a way that the daemon cannot serve."""
    if process_limit == 1 and not invocation.alone:
        raise FatalError(f"service {invocation.service} requires a process limit of 1")
    if process_limit == 0 and not invocation.unlimited:
        raise FatalError(f"service {invocation.service} requires a process limit of 0")
    if invocation.transport not in transports:
        raise FatalError(f"unsupported transport type: {invocation.transport}")


def refuse_unprivileged(invocation: Invocation) -> None:
    """Raise FatalError when master.cf has a delivery agent that needs root as unprivileged."""
    if invocation.unprivileged and is_root():
        raise FatalError(f"service {invocation.service} requires privileged operation")


def import_late() -> None:
    """Import what Python would import at first use, while its files can still be found."""
    for name in _LATE:
        if name not in sys.modules:
            importlib.import_module(name)
    "".encode("idna")


def drop(invocation: Invocation, params: ServerParams) -> None:
    """Change root and user as master.cf says; an instance of an ordinary user's stays as it is."""
    if not is_root():
        return
    try:
        user = user_by_name(params.mail_owner) if invocation.unprivileged else None
        jail.enter(params.queue_directory if invocation.chroot else None, user)
    except NoSuchUserError as error:
        raise FatalError(f"file {invocation.config_directory}/main.cf: parameter mail_owner: {error}") from error
    except OSError as error:
        raise FatalError(f"chroot({params.queue_directory}): {error.strerror}") from error


def refuse_terminal(invocation: Invocation) -> None:
    """Raise FatalError when a person starts a daemon by hand."""
    if not invocation.standalone and os.isatty(0):
        raise FatalError("do not run this command by hand")


def open_lock(invocation: Invocation, params: ServerParams) -> int | None:
    """Open `pid/TYPE.SERVICE`, by which the processes of a service take turns to accept; None when there is one only.

    Called before `prepare`, as root, so the name is absolute. Raises FatalError.
    """
    if invocation.alone:
        return None
    name = f"{invocation.transport}.{invocation.service.replace('/', '_')}"
    path = os.path.join(params.queue_directory, params.process_id_directory, name)
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, stat.S_IRUSR | stat.S_IWUSR)
    except OSError as error:
        raise FatalError(f"open lock file {path}: {error.strerror}") from error
    return fd
