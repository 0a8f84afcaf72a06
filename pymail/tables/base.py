"""What every lookup table is: the contract of a table, its errors, and the folding of keys.

A lookup has three outcomes that must never be confused: a string, `None` (no such key), and `TableError` (nobody knows;
the caller defers, answers 4xx, or stops).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from pymail.log.fatal import FatalError

#: `Table.owner` of a table without a file that a user could own (inline:, static:): as good as root's.
TRUSTED: Final = 0


class TableError(Exception):
    """A lookup that could not be done. Temporary: nothing is known about the key."""

    def __init__(self, spec: str, reason: str) -> None:
        super().__init__(f"{spec}: {reason}")
        self.spec = spec
        self.reason = reason


class TableOpenError(FatalError):
    """A table that cannot be used at all; str() is Postfix's text behind `fatal:`."""


class TableSyntaxError(TableOpenError):
    """A name that is not `type:name`: fatal in daemons too."""


class Table(Protocol):
    """A lookup table."""

    @property
    def spec(self) -> str:
        """The name as written, `type:name`."""

    @property
    def blocking(self) -> bool:
        """True when `lookup` may wait for another process: it must not run on an event loop; the table has `find`."""

    @property
    def fixed(self) -> bool:
        """True when keys are compared as strings, so that parts of a key may be asked; False for patterns."""

    @property
    def owner(self) -> int | None:
        """The user id that owns the data (local(8) trusts only root's); None when it is not known."""

    def lookup(self, key: str) -> str | None:
        """Return the value of *key*; raises TableError."""

    def changed(self) -> bool:
        """Return True when what was opened is no longer what the name stands for, and cannot be opened again here."""


@runtime_checkable
class RemoteTable(Protocol):
    """The other half of a blocking table: the same question without blocking the loop."""

    async def find(self, key: str) -> str | None:
        """Return the value of *key*; raises TableError."""


class TableLog(Protocol):
    """Where tables complain; `pymail.log.logger.Log` is one."""

    def warning(self, text: str, *args: object) -> None:
        """Log a warning."""

    def error(self, text: str, *args: object) -> None:
        """Log an error."""


@dataclass(frozen=True, slots=True)
class TableOptions:
    """How one use of a table wants it.

    *fold*: fixed-string keys are compared in lower case. *utf8*: keys and values must be UTF-8 (only where
    smtputf8_enable is on). *substitution*: a pattern may put `$1` into its result (off where the result has power).
    """

    fold: bool = True
    utf8: bool = True
    substitution: bool = True


DEFAULT_OPTIONS: Final = TableOptions()


def is_utf8(text: str) -> bool:
    """Return False when *text* holds octets that are no UTF-8 (kept as surrogates)."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def fold_text(text: str, utf8: bool) -> str:
    """Return *text* in lower case: all of Unicode with *utf8*, else only A to Z."""
    if text.isascii():
        return text.lower()
    if utf8 and is_utf8(text):
        return text.casefold()
    return text.encode("utf-8", "surrogateescape").lower().decode("utf-8", "surrogateescape")


def fold_key(key: str, options: TableOptions) -> str | None:
    """Return the key as it is looked up in a fixed-string table, or None when no such key can be there."""
    if not key.isascii() and options.utf8 and not is_utf8(key):
        return None
    return fold_text(key, options.utf8) if options.fold else key


def checked_value(spec: str, key: str, value: str, options: TableOptions) -> str:
    """Return *value*; raises TableError when it has to be UTF-8 and is not."""
    if not value.isascii() and options.utf8 and not is_utf8(value):
        raise TableError(spec, f'key "{key}": non-UTF-8 value')
    return value
