"""The check before a start, and `postfix check`: make missing folders, warn about owners and modes.

Spec: programs, queue directories. As an ordinary user all belongs to that user, and owners are not looked at.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import Final

from pymail.config.declare import ParamSet
from pymail.config.params.process import ProcessParams as process
from pymail.log.fatal import FatalError
from pymail.log.logger import Log
from pymail.unix.users import NoSuchUserError, group_id, is_root, user_by_name


class CheckParams(ParamSet):
    """What the check reads."""

    queue_directory = process.queue_directory
    data_directory = process.data_directory
    config_directory = process.config_directory
    command_directory = process.command_directory
    process_id_directory = process.process_id_directory
    mail_owner = process.mail_owner
    setgid_group = process.setgid_group


#: Folders below queue_directory that belong to mail_owner alone.
PRIVATE: Final = (
    *("incoming", "active", "deferred", "defer", "bounce", "hold", "corrupt", "flush", "trace", "saved", "private"),
)
#: Those that setgid_group may enter (public) or write to (maildrop).
SHARED: Final = {"maildrop": 0o730, "public": 0o710}

_SETGID_COMMANDS: Final = ("postdrop", "postqueue")


@dataclass(frozen=True, slots=True)
class Owners:
    """Numbers of the accounts; -1 when not started by root: nothing is changed and nothing is compared."""

    mail: int = -1
    mail_group: int = -1
    setgid_group: int = -1
    root: int = -1


def owners(params: CheckParams) -> Owners:
    """Look the accounts up. Raises FatalError."""
    if not is_root():
        return Owners()
    try:
        user = user_by_name(params.mail_owner)
        return Owners(user.uid, user.gid, group_id(params.setgid_group), 0)
    except NoSuchUserError as error:
        raise FatalError(str(error)) from error


def make_missing(params: CheckParams, accounts: Owners) -> None:
    """Make the folders that are not there. Raises FatalError."""
    queue = params.queue_directory
    try:
        _make(queue, 0o755, accounts.root, accounts.root, parents=True)
        _make(os.path.join(queue, params.process_id_directory), 0o755, accounts.root, accounts.root)
        for name in PRIVATE:
            _make(os.path.join(queue, name), 0o700, accounts.mail, accounts.root)
        for name, mode in SHARED.items():
            _make(os.path.join(queue, name), mode, accounts.mail, accounts.setgid_group)
        _make(params.data_directory, 0o700, accounts.mail, accounts.root, parents=True)
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}"
        raise FatalError(f"unable to create missing queue directories: {reason}") from error


def _make(path: str, mode: int, uid: int, gid: int, *, parents: bool = False) -> None:
    if os.path.isdir(path):
        return
    if parents:
        os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
    os.mkdir(path, mode)
    os.chmod(path, mode)  # whatever the umask is
    os.chown(path, uid, gid)


def check(params: CheckParams, log: Log, *, thorough: bool) -> None:
    """Make what is missing; warn about the rest. *thorough*: look at the installed commands, too. Raises FatalError."""
    master_cf = os.path.join(params.config_directory, "master.cf")
    if not os.path.isfile(master_cf):
        raise FatalError(f"no {master_cf} file found")
    accounts = owners(params)
    make_missing(params, accounts)
    if accounts.root != 0:
        return
    queue = params.queue_directory
    for path in (queue, os.path.join(queue, params.process_id_directory)):
        _check_owner(path, 0, "root", log)
        _check_mode(path, log)
    for path in (params.data_directory, *(os.path.join(queue, name) for name in PRIVATE)):
        _check_owner(path, accounts.mail, params.mail_owner, log)
        _check_mode(path, log)
    for name in SHARED:
        path = os.path.join(queue, name)
        _check_owner(path, accounts.mail, params.mail_owner, log)
        if os.stat(path).st_gid != accounts.setgid_group:
            log.warning("not owned by group %s: %s", params.setgid_group, path)
    for path in (params.config_directory, os.path.join(params.config_directory, "main.cf"), master_cf):
        _check_owner(path, 0, "root", log)
        _check_mode(path, log)
    if thorough:
        _check_commands(params, accounts, log)


def _check_owner(path: str, uid: int, name: str, log: Log) -> None:
    if os.stat(path).st_uid != uid:
        log.warning("not owned by %s: %s", name, path)


def _check_mode(path: str, log: Log) -> None:
    if os.stat(path).st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        log.warning("group or other writable: %s", path)


def _check_commands(params: CheckParams, accounts: Owners, log: Log) -> None:
    """Ordinary users submit mail through commands with the rights of setgid_group."""
    for name in _SETGID_COMMANDS:
        path = os.path.join(params.command_directory, name)
        try:
            found = os.stat(path)
        except OSError:
            log.warning("not set-gid or not owner+group+world executable: %s", path)
            continue
        if found.st_gid != accounts.setgid_group:
            log.warning("not owned by group %s: %s", params.setgid_group, path)
        if not found.st_mode & stat.S_ISGID or found.st_mode & 0o111 != 0o111:
            log.warning("not set-gid or not owner+group+world executable: %s", path)
