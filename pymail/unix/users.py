"""Users and groups of the host, and the names that main.cf gives to them."""

from __future__ import annotations

import grp
import os
import pwd


class NoSuchUserError(LookupError):
    """A user or group that the host does not have."""


class User:
    """A user with its primary group and home."""

    __slots__ = ("gid", "home", "name", "uid")

    def __init__(self, name: str, uid: int, gid: int, home: str = "/") -> None:
        self.name = name
        self.uid = uid
        self.gid = gid
        self.home = home

    def __repr__(self) -> str:
        return f"User({self.name!r}, {self.uid}, {self.gid}, {self.home!r})"


def user_by_name(name: str) -> User:
    """Return the user *name*. Raises NoSuchUserError."""
    try:
        entry = pwd.getpwnam(name)
    except (KeyError, ValueError) as error:
        raise NoSuchUserError(f"unknown user: {name}") from error
    return User(entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir)


def user_by_uid(uid: int) -> User:
    """Return the user with number *uid*. Raises NoSuchUserError."""
    try:
        entry = pwd.getpwuid(uid)
    except (KeyError, OverflowError) as error:
        raise NoSuchUserError(f"unknown user id: {uid}") from error
    return User(entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir)


def group_id(name: str) -> int:
    """Return the number of group *name*. Raises NoSuchUserError."""
    try:
        return grp.getgrnam(name).gr_gid
    except (KeyError, ValueError) as error:
        raise NoSuchUserError(f"unknown group: {name}") from error


def groups_of(user: User) -> list[int]:
    """Return the groups that *user* is a member of."""
    return os.getgrouplist(user.name, user.gid)


def is_root() -> bool:
    """Whether this process may switch users: the suite was started by root, not by an ordinary user."""
    return os.geteuid() == 0
