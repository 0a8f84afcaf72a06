"""lmdb: tables, and what is read from lmdb in the place of hash: and btree:.

Keys and values may have a NUL at their end (what postmap writes) or not; the first key that is found settles it. A file
that is built again in place is seen at once; a file that is replaced under its name is opened again.
"""

from __future__ import annotations

import os
import time
from typing import Final

from pymail.tables.base import (
    DEFAULT_OPTIONS,
    TableError,
    TableLog,
    TableOpenError,
    TableOptions,
    checked_value,
    fold_key,
)
from pymail.tables.lmdb_file import KEY_LIMIT, LmdbFile, LmdbFileError, LmdbFiles

SUFFIX: Final = ".lmdb"
#: Seconds that an edited source may be newer than its table before we say so (Postfix: 100 s).
STALE_GRACE: Final = 100


class LmdbTable:
    """A table in an LMDB file."""

    blocking: Final = False
    fixed: Final = True
    __slots__ = ("_file", "_nul", "options", "owner", "spec")

    def __init__(self, spec: str, file: LmdbFile, options: TableOptions = DEFAULT_OPTIONS) -> None:
        self.spec = spec
        self.options = options
        self._file = file
        #: True or False once an entry was found with or without a NUL behind its key; None before.
        self._nul: bool | None = None
        self.owner: int | None = file.status.st_uid

    def lookup(self, key: str) -> str | None:
        """Return the value of *key*; raises TableError."""
        folded = fold_key(key, self.options)
        if folded is None:
            return None
        octets = folded.encode("utf-8", "surrogateescape")
        if not 0 < len(octets) < KEY_LIMIT:
            return None  # Differs from Postfix, which ends with a fatal error: such a key cannot be stored.
        file = self._file
        try:
            if file.is_replaced():
                self._reopen()
            if self._nul is None:
                found = file.get(octets + b"\0", octets)
                if found is not None:
                    self._nul = found[0] == 0
            else:
                found = file.get(octets + b"\0" if self._nul else octets)
        except LmdbFileError as error:
            raise TableError(self.spec, f"error reading {self.spec}: {error}") from error
        if found is None:
            return None
        value = found[1].partition(b"\0")[0].decode("utf-8", "surrogateescape")
        return checked_value(self.spec, key, value, self.options)

    def _reopen(self) -> None:
        try:
            self._file.reopen()
        except TableOpenError:
            return  # a chrooted process cannot; `changed` tells its owner
        self._nul = None

    def changed(self) -> bool:
        """Return True when the file was replaced and the new one cannot be opened from here."""
        if not self._file.is_replaced():
            return False
        self._reopen()
        return self._file.is_replaced()


def open_lmdb(spec: str, path: str, files: LmdbFiles, map_size: int, log: TableLog, options: TableOptions) -> LmdbTable:
    """Open *path*.lmdb. Raises TableOpenError."""
    file = files.open(path + SUFFIX, map_size)
    warn_if_stale(path, file, log)
    return LmdbTable(spec, file, options)


def warn_if_stale(source: str, file: LmdbFile, log: TableLog) -> None:
    """Say so when *source* was edited and the table was not built again."""
    try:
        edited = os.stat(source).st_mtime
    except OSError:
        return
    if edited > file.status.st_mtime and edited < time.time() - STALE_GRACE:
        log.warning(f"database {file.path} is older than source file {source}")
