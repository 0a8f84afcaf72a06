"""unix:passwd.byname and unix:group.byname: the system's accounts, through the C library (and whatever NSS asks).

NSS may ask a server, so these never run on an event loop.
"""

from __future__ import annotations

import grp
import pwd
from collections.abc import Callable
from typing import Final

from pymail.tables.base import TRUSTED, TableOpenError, TableOptions, fold_key


def passwd_line(name: str) -> str | None:
    """Return the account as a line of passwd(5), or None."""
    try:
        entry = pwd.getpwnam(name)
    except (KeyError, ValueError):
        return None
    return ":".join(map(str, entry))


def group_line(name: str) -> str | None:
    """Return the group as a line of group(5), or None."""
    try:
        entry = grp.getgrnam(name)
    except (KeyError, ValueError):
        return None
    return f"{entry.gr_name}:{entry.gr_passwd}:{entry.gr_gid}:{','.join(entry.gr_mem)}"


MAPS: Final[dict[str, Callable[[str], str | None]]] = {"passwd.byname": passwd_line, "group.byname": group_line}


class UnixTable:
    """Accounts or groups."""

    blocking: Final = True
    fixed: Final = True
    owner: Final[int | None] = TRUSTED
    __slots__ = ("_options", "_read", "spec")

    def __init__(self, spec: str, read: Callable[[str], str | None], options: TableOptions) -> None:
        self.spec = spec
        self._read = read
        self._options = options

    def lookup(self, key: str) -> str | None:
        """Return the line of *key*."""
        folded = fold_key(key, self._options)
        return self._read(folded) if folded else None

    def changed(self) -> bool:
        """The system keeps its files fresh."""
        return False


def open_unix(spec: str, name: str, options: TableOptions) -> UnixTable:
    """Return unix:*name*. Raises TableOpenError."""
    read = MAPS.get(name)
    if read is None:
        raise TableOpenError(f"unknown table: {spec}")
    return UnixTable(spec, read, options)
