"""A list of tables that are searched in order: the value of a `..._maps` parameter.

`lookup` is for processes that may wait and for lists without a blocking member; `find` never blocks the loop. Errors
are logged here, once, with the name of the table, and raised.
"""

from __future__ import annotations

from collections.abc import Sequence

from pymail.tables.base import DEFAULT_OPTIONS, RemoteTable, Table, TableError, TableOptions, TableSyntaxError
from pymail.tables.context import TableContext
from pymail.tables.open import open_table
from pymail.util.matchlist import MatchListError, split_list_braces
from pymail.util.text import cut


class Maps:
    """The tables of one parameter."""

    __slots__ = ("_fixed", "_log", "blocking", "tables", "title")

    def __init__(self, title: str, specs: str, context: TableContext, options: TableOptions = DEFAULT_OPTIONS) -> None:
        """Open the tables that *specs* lists; *title* is the parameter's name, for messages.

        Raises:
            TableSyntaxError: a name is not `type:name`.
            TableOpenError: a table cannot be opened, and the context wants no surrogates.
        """
        self.title = title
        self._log = context.log
        try:
            names = split_list_braces(specs)
        except MatchListError as error:
            raise TableSyntaxError(f"{title}: {error}") from error
        self.tables: Sequence[Table] = tuple(open_table(spec, context, options) for spec in names)
        self._fixed: Sequence[Table] = tuple(table for table in self.tables if table.fixed)
        #: True when a member must not be asked on an event loop: use `find` there.
        self.blocking = any(table.blocking for table in self.tables)

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to search."""
        return not self.tables

    def lookup(self, key: str, *, partial: bool = False) -> str | None:
        """Return the value of *key* in the first table that has it.

        A *partial* key (`@domain`, a parent domain) is asked only of tables with fixed strings. Raises TableError.
        """
        if not key:
            return None
        for table in self._fixed if partial else self.tables:
            try:
                value = table.lookup(key)
            except TableError as error:
                self._failed(table, key)
                raise error
            if value is not None:
                return value or self._empty(table, key)
        return None

    async def find(self, key: str, *, partial: bool = False) -> str | None:
        """Return the same as `lookup` without blocking the loop. Raises TableError."""
        if not self.blocking:
            return self.lookup(key, partial=partial)
        if not key:
            return None
        for table in self._fixed if partial else self.tables:
            try:
                value = await table.find(key) if isinstance(table, RemoteTable) else table.lookup(key)
            except TableError as error:
                self._failed(table, key)
                raise error
            if value is not None:
                return value or self._empty(table, key)
        return None

    def _failed(self, table: Table, key: str) -> None:
        self._log.warning(f'{table.spec} lookup error for "{cut(key, 100)}"')

    def _empty(self, table: Table, key: str) -> str:
        """An empty result is a fault of the table: nobody can tell it from no result."""
        self._log.warning(f"{self.title} lookup of {key} returns an empty string result")
        self._log.warning(f"{self.title} should return NO RESULT in case of NOT FOUND")
        raise TableError(table.spec, f"empty string result for {key}")

    def changed(self) -> Table | None:
        """Return a table that must be opened again by a new process, or None."""
        return next((table for table in self.tables if table.changed()), None)
