"""Write lookup tables: build one from its source, change single entries, list all.

Only lmdb tables can be written; hash: and btree: become lmdb tables. A build is one transaction: readers, and a reader
after a crash, see the old table or the new one.
"""

from __future__ import annotations

import enum
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pymail.tables import lmdb
from pymail.tables.base import TableOpenError, TableSyntaxError
from pymail.tables.context import TableContext
from pymail.tables.lmdb_file import LmdbFile
from pymail.tables.open import MIGRATED, OPENERS, say_migrated
from pymail.tables.syntax import split_spec

#: Access mode of a table whose source is not looked at.
DEFAULT_MODE: Final = 0o644


class Duplicates(enum.Enum):
    """What happens to a key that is there already."""

    WARN = "keep the old entry and warn"
    IGNORE = "keep the old entry"
    REPLACE = "replace it"


@dataclass(frozen=True, slots=True)
class WriteRules:
    """*nul*: keys and values end with a NUL (the default, as Postfix). *duplicates*: see there."""

    nul: bool = True
    duplicates: Duplicates = Duplicates.WARN


class TableWriter:
    """A table open for writing. Methods raise LmdbFileError."""

    __slots__ = ("_context", "_file", "_rules", "spec")

    def __init__(self, spec: str, file: LmdbFile, context: TableContext, rules: WriteRules) -> None:
        self.spec = spec
        self._file = file
        self._context = context
        self._rules = rules

    def _encode(self, text: str) -> bytes:
        return text.encode("utf-8", "surrogateescape") + (b"\0" if self._rules.nul else b"")

    def build(self, entries: Iterable[tuple[str, str]]) -> None:
        """Put *entries* in the place of what is there."""
        rows: dict[bytes, bytes] = {}
        for key, value in entries:
            octets = self._encode(key)
            if octets in rows and self._rules.duplicates is not Duplicates.REPLACE:
                self._complain(key)
            else:
                rows[octets] = self._encode(value)
        self._file.replace_all(sorted(rows.items()))

    def put(self, key: str, value: str) -> None:
        """Add one entry."""
        replace = self._rules.duplicates is Duplicates.REPLACE
        if not self._file.put(self._encode(key), self._encode(value), overwrite=replace):
            self._complain(key)

    def _complain(self, key: str) -> None:
        if self._rules.duplicates is Duplicates.WARN:
            self._context.log.warning(f'{self.spec}: duplicate entry: "{key}"')

    def delete(self, key: str) -> bool:
        """Remove an entry, with or without NUL; return True when it was there."""
        octets = key.encode("utf-8", "surrogateescape")
        return self._file.delete(octets + b"\0", octets) if octets else False

    def entries(self) -> Iterator[tuple[str, str]]:
        """Yield all entries, sorted by key."""
        for key, value in self._file.entries():
            yield _text(key), _text(value)


def _text(octets: bytes) -> str:
    return octets.removesuffix(b"\0").decode("utf-8", "surrogateescape")


def source_mode(source: str) -> int:
    """Return the access mode of a table that is built from *source*; raises TableOpenError."""
    try:
        return stat.S_IMODE(os.stat(source).st_mode) & 0o666
    except OSError as error:
        raise TableOpenError(f"open {source}: {error.strerror}") from error


def lmdb_path(spec: str, context: TableContext) -> str | None:
    """Return the path (without suffix) of a table that is kept in an LMDB file, None for other types.

    Raises TableSyntaxError, and TableOpenError for a type that does not exist.
    """
    pair = split_spec(spec)
    if pair is None:
        raise TableSyntaxError(f'open dictionary: expecting "type:name" form instead of "{spec}"')
    kind, name = pair
    if kind in MIGRATED:
        say_migrated(kind, name, context)
        return name
    if kind == "lmdb":
        return name
    if kind not in OPENERS:
        raise TableOpenError(f"unsupported dictionary type: {kind}")
    return None


def path_to_build(spec: str, context: TableContext) -> str:
    """Return the path (of the source, and of the table without suffix) of a table that can be built.

    Raises TableOpenError, TableSyntaxError.
    """
    if spec.startswith("proxy:"):
        raise TableOpenError("can't create maps via the proxy service")
    path = lmdb_path(spec, context)
    if path is None:
        raise TableOpenError(f"no 'map create' support for this type: {spec.partition(':')[0]}")
    return path


def open_for_build(spec: str, context: TableContext, rules: WriteRules, mode: int) -> TableWriter:
    """Open a table to build it; a new file gets *mode*. Raises TableOpenError, TableSyntaxError."""
    return _open(spec, path_to_build(spec, context), context, rules, mode)


def open_for_update(spec: str, context: TableContext, rules: WriteRules) -> TableWriter:
    """Open a table, made if need be, to change entries. Raises TableOpenError, TableSyntaxError."""
    path = lmdb_path(spec, context)
    if path is None:
        raise TableOpenError(f"{spec} map requires O_RDONLY access mode")
    return _open(spec, path, context, rules, DEFAULT_MODE)


def _open(spec: str, path: str, context: TableContext, rules: WriteRules, mode: int) -> TableWriter:
    umask = os.umask(0)
    try:
        file = context.files.open(path + lmdb.SUFFIX, context.lmdb_map_size, writable=True, mode=mode)
    finally:
        os.umask(umask)
    return TableWriter(spec, file, context, rules)


def open_for_dump(spec: str, context: TableContext) -> TableWriter:
    """Open a table to list it. Raises TableOpenError, TableSyntaxError."""
    path = lmdb_path(spec, context)
    if path is None:
        raise TableOpenError(f"table {spec}: sequence operation is not supported")
    file = context.files.open(path + lmdb.SUFFIX, context.lmdb_map_size)
    lmdb.warn_if_stale(path, file, context.log)
    return TableWriter(spec, file, context, WriteRules())
