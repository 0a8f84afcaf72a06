"""The small fixed-string tables: static, inline, internal, environ, fail, and the surrogate of one that failed to open.

static_table: every key gives the same text. inline: `{ key=value, { key = text with spaces } ... }`. environ: the
environment. fail: every lookup is a temporary error, for tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from pymail.tables.base import (
    DEFAULT_OPTIONS,
    TRUSTED,
    TableError,
    TableLog,
    TableOpenError,
    TableOptions,
    checked_value,
    fold_key,
    fold_text,
    is_utf8,
)
from pymail.tables.syntax import BraceError, inside_braces, split_pair
from pymail.util.matchlist import MatchListError, split_list_braces


@dataclass(frozen=True, slots=True)
class StaticTable:
    """static: one text for every key."""

    blocking: ClassVar[bool] = False
    fixed: ClassVar[bool] = True
    owner: ClassVar[int | None] = TRUSTED
    spec: str
    value: str

    def lookup(self, key: str) -> str | None:
        """Return the text."""
        return self.value

    def changed(self) -> bool:
        """Nothing to change."""
        return False


@dataclass(frozen=True, slots=True)
class DictTable:
    """inline:, internal: and texthash: a dictionary in memory, its keys folded already."""

    blocking: ClassVar[bool] = False
    fixed: ClassVar[bool] = True
    spec: str
    entries: Mapping[str, str]
    options: TableOptions = DEFAULT_OPTIONS
    owner: int | None = TRUSTED

    def lookup(self, key: str) -> str | None:
        """Return the value of *key*."""
        folded = fold_key(key, self.options)
        if folded is None:
            return None
        value = self.entries.get(folded)
        return None if value is None else checked_value(self.spec, key, value, self.options)

    def changed(self) -> bool:
        """Nothing to change."""
        return False


@dataclass(frozen=True, slots=True)
class EnvironTable:
    """environ: the variables of this process."""

    blocking: ClassVar[bool] = False
    fixed: ClassVar[bool] = True
    owner: ClassVar[int | None] = TRUSTED
    spec: str
    variables: Mapping[str, str]

    def lookup(self, key: str) -> str | None:
        """Return the variable *key*."""
        return self.variables.get(key)

    def changed(self) -> bool:
        """Nothing to change."""
        return False


@dataclass(frozen=True, slots=True)
class FailTable:
    """fail: nothing can be looked up."""

    blocking: ClassVar[bool] = False
    fixed: ClassVar[bool] = True
    owner: ClassVar[int | None] = TRUSTED
    spec: str

    def lookup(self, key: str) -> str | None:
        """Raise TableError."""
        raise TableError(self.spec, "Application error")

    def changed(self) -> bool:
        """Nothing to change."""
        return False


@dataclass(frozen=True, slots=True)
class SurrogateTable:
    """A table that could not be opened: each lookup says so and fails, so that a daemon runs on with the rest."""

    blocking: ClassVar[bool] = False
    fixed: ClassVar[bool] = True
    owner: ClassVar[int | None] = TRUSTED
    spec: str
    reason: str
    log: TableLog

    def lookup(self, key: str) -> str | None:
        """Raise TableError."""
        self.log.warning(f"{self.spec} is unavailable. {self.reason}")
        raise TableError(self.spec, self.reason)

    def changed(self) -> bool:
        """Nothing to change."""
        return False


def open_static(spec: str, name: str, options: TableOptions) -> StaticTable:
    """Return static:*name*; `static:{ text with spaces }`. Raises TableOpenError."""
    if name.startswith("{"):
        try:
            name = inside_braces(name)
        except BraceError as error:
            raise TableOpenError(f"bad static:name syntax: {error}") from error
    if options.utf8 and not is_utf8(name):
        raise TableOpenError(f'bad UTF-8 syntax: "{spec}"; need "static:name"')
    return StaticTable(spec, name)


def open_inline(spec: str, name: str, options: TableOptions) -> DictTable:
    """Return inline:*name*. Raises TableOpenError."""
    need = 'need "inline:{name=value...}"'
    if options.utf8 and not is_utf8(name):
        raise TableOpenError(f'bad UTF-8 syntax: "{spec}"; {need}')
    try:
        items = split_list_braces(inside_braces(name))
    except (BraceError, MatchListError) as error:
        raise TableOpenError(f'bad syntax: "{spec}"; {need}') from error
    if not items:
        raise TableOpenError(f'empty table: "{spec}"; {need}')
    entries: dict[str, str] = {}
    for item in items:
        try:
            pair = split_pair(inside_braces(item) if item.startswith("{") else item)
        except BraceError as error:
            raise TableOpenError(f'{error}: "{spec}"; {need}') from error
        if pair is None:
            raise TableOpenError(f"missing '=' after attribute name: \"{spec}\"; {need}")
        key, value = pair
        entries[fold_text(key, options.utf8) if options.fold else key] = value
    return DictTable(spec, entries, options)
