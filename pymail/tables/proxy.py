"""proxy: tables, and what must not run on an event loop: the lookup is done by proxymap.

The key is folded here, so that the answer does not depend on how the other side opened the table.
"""

from __future__ import annotations

from typing import Final

from pymail.ipc.errors import ServiceError
from pymail.ipc.proxymap import ProxyReply, ProxyStatus
from pymail.tables.base import TableError, TableOptions, checked_value, fold_key, is_utf8
from pymail.tables.context import TableContext
from pymail.tables.flags import instance_flags, is_fixed_type
from pymail.tables.syntax import split_spec


class TableDeniedError(TableError):
    """proxymap does not serve this table: a fault of the configuration."""


class ProxyTable:
    """A table behind proxymap."""

    blocking: Final = True
    owner: Final[int | None] = None
    __slots__ = ("_context", "_flags", "_options", "_table", "fixed", "spec")

    def __init__(self, spec: str, table: str, context: TableContext, options: TableOptions) -> None:
        """*spec* is the name for messages, *table* the name for proxymap (no `proxy:`)."""
        self.spec = spec
        self._table = table
        self._context = context
        self._options = options
        self._flags = instance_flags(options)
        pair = split_spec(table)
        self.fixed = pair is not None and is_fixed_type(pair[0])

    def _key(self, key: str) -> str | None:
        if self.fixed:
            return fold_key(key, self._options)
        return None if self._options.utf8 and not is_utf8(key) else key

    def _value(self, key: str, reply: ProxyReply) -> str | None:
        match reply.status:
            case ProxyStatus.OK:
                return checked_value(self.spec, key, reply.value, self._options)
            case ProxyStatus.NO_KEY:
                return None
            case ProxyStatus.DENIED:
                raise TableDeniedError(self.spec, f'proxymap service is not configured for table "{self._table}"')
            case ProxyStatus.BAD:
                raise TableError(
                    self.spec, f'proxymap lookup failed for table "{self._table}" key "{key}": invalid request'
                )
            case _:
                raise TableError(self.spec, "proxymap: lookup error")

    def lookup(self, key: str) -> str | None:
        """Return the value of *key*, waiting for it; raises TableError."""
        folded = self._key(key)
        if folded is None:
            return None
        try:
            reply = self._context.blocking_proxy_client().lookup(self._table, folded, instance_flags=self._flags)
        except ServiceError as error:
            raise TableError(self.spec, str(error)) from error
        return self._value(key, reply)

    async def find(self, key: str) -> str | None:
        """Return the value of *key* without blocking the loop; raises TableError."""
        folded = self._key(key)
        if folded is None:
            return None
        try:
            reply = await self._context.proxy_client().lookup(self._table, folded, instance_flags=self._flags)
        except ServiceError as error:
            raise TableError(self.spec, str(error)) from error
        return self._value(key, reply)

    def changed(self) -> bool:
        """proxymap looks after that."""
        return False
