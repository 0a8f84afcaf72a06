"""Give up root: change the root directory and become an ordinary user, in the one order that is safe.

Used by every daemon before the first octet from outside. Postfix: chroot_uid.c (group first, chroot before setuid).
"""

from __future__ import annotations

import os

from pymail.unix.users import User, groups_of


def enter(directory: str | None, user: User | None) -> None:
    """Change root to *directory* (None: stay) and become *user* (None: stay). Raises OSError.

    Does nothing but change the current directory when this process is not root's.
    """
    if os.geteuid() != 0:
        if directory is not None:
            os.chdir(directory)
        return
    groups = groups_of(user) if user is not None else []  # the group file is not there after chroot
    if user is not None:
        os.setgid(user.gid)
        os.setgroups(groups)
    if directory is not None:
        os.chroot(directory)
        os.chdir("/")
    if user is not None:
        os.setuid(user.uid)
        if user.uid != 0 and os.geteuid() == 0:
            raise PermissionError("cannot give up root privileges")


class EffectiveUser:
    """Act as *user* for a while: `with EffectiveUser(owner): ...`. Without effect when not root."""

    def __init__(self, user: User | None) -> None:
        self._user = user if os.geteuid() == 0 else None
        self._groups: list[int] = []

    def __enter__(self) -> None:
        if self._user is None:
            return
        self._groups = os.getgroups()
        os.setgroups([self._user.gid])
        os.setegid(self._user.gid)
        os.seteuid(self._user.uid)

    def __exit__(self, *_: object) -> None:
        if self._user is None:
            return
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(self._groups)
