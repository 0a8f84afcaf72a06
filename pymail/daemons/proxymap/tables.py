"""The tables of proxymap: opened when they are first asked for, read by many, written by one."""

from __future__ import annotations

from pymail.daemons.proxymap.workers import Workers
from pymail.ipc.proxymap import ProxyReply, ProxyRequest, ProxyStatus
from pymail.tables.base import Table, TableError
from pymail.tables.build import Duplicates, TableWriter, WriteRules, open_for_update
from pymail.tables.context import TableContext
from pymail.tables.flags import options_of, reply_flags
from pymail.tables.lmdb_file import LmdbFileError
from pymail.tables.open import open_table
from pymail.util.text import cut

#: Instance flags that make a difference for how a table is opened.
_Key = tuple[str, int]


class ProxyTables:
    """Does requests for approved tables."""

    __slots__ = ("_context", "_cursors", "_tables", "_workers", "_writers")

    def __init__(self, context: TableContext, workers: Workers) -> None:
        self._context = context
        self._workers = workers
        self._tables: dict[_Key, Table] = {}
        self._writers: dict[str, TableWriter] = {}
        self._cursors: dict[str, list[tuple[str, str]]] = {}

    def _table(self, request: ProxyRequest) -> Table:
        key = (request.table, request.instance_flags)
        table = self._tables.get(key)
        if table is None:
            table = open_table(request.table, self._context, options_of(request.instance_flags))
            self._tables[key] = table
        return table

    def _flags(self, request: ProxyRequest, table: Table) -> int:
        return reply_flags(request.instance_flags, fixed=table.fixed, utf8=self._context.utf8)

    def open(self, request: ProxyRequest) -> ProxyReply:
        """Open a table."""
        return ProxyReply(ProxyStatus.OK, self._flags(request, self._table(request)))

    async def lookup(self, request: ProxyRequest) -> ProxyReply:
        """Look a key up."""
        table = self._table(request)
        flags = self._flags(request, table)
        try:
            if table.blocking:
                value = await self._workers.run(table.spec, table.lookup, request.key)
            else:
                value = table.lookup(request.key)
        except TableError as error:
            self._context.log.warning(f'{table.spec} lookup error for "{cut(request.key, 100)}": {error.reason}')
            return ProxyReply(ProxyStatus.RETRY, flags)
        if value is None:
            return ProxyReply(ProxyStatus.NO_KEY, flags)
        return ProxyReply(ProxyStatus.OK, flags, value)

    def change(self, request: ProxyRequest) -> ProxyReply:
        """Do an update, delete or sequence request."""
        try:
            writer = self._writer(request.table)
            match request.name:
                case "update":
                    writer.put(request.key, request.value)
                    return ProxyReply(ProxyStatus.OK, request.flags)
                case "delete":
                    found = writer.delete(request.key)
                    return ProxyReply(ProxyStatus.OK if found else ProxyStatus.NO_KEY, request.flags)
                case _:
                    return self._step(writer, request)
        except LmdbFileError as error:
            self._context.log.warning(f"{request.table}: {request.name}: {error}")
            return ProxyReply(ProxyStatus.RETRY, request.flags)

    def _writer(self, spec: str) -> TableWriter:
        writer = self._writers.get(spec)
        if writer is None:
            rules = WriteRules(duplicates=Duplicates.REPLACE)
            writer = self._writers[spec] = open_for_update(spec, self._context, rules)
        return writer

    def _step(self, writer: TableWriter, request: ProxyRequest) -> ProxyReply:
        """Return the first entry (function 0) or the next one. One walk at a time, as Postfix."""
        if request.function == 0:
            self._cursors[request.table] = list(writer.entries())[::-1]
        rest = self._cursors.get(request.table)
        if not rest:
            return ProxyReply(ProxyStatus.NO_KEY, request.flags)
        key, value = rest.pop()
        return ProxyReply(ProxyStatus.OK, request.flags, value, key)

    def changed(self) -> Table | None:
        """Return a table that must be opened again by a new process, or None."""
        return next((table for table in self._tables.values() if table.changed()), None)
