"""Open a lookup table by its name `type:name`.

    open_table("lmdb:/etc/postfix/virtual", context).lookup("joe@example.com")

In a daemon (`context.surrogates`) a table that cannot be opened is logged and becomes one whose lookups fail, so that
the rest goes on; a name that is not `type:name` is an error everywhere.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from pymail.tables import cidr, fixed, lmdb, proxy, regexp, texthash, unix
from pymail.tables.base import DEFAULT_OPTIONS, Table, TableOpenError, TableOptions, TableSyntaxError
from pymail.tables.context import TableContext
from pymail.tables.syntax import split_spec

#: Types of Berkeley DB, whose tables are kept as lmdb tables (Postfix 3.11: non_bdb_migration_level).
MIGRATED: Final = frozenset({"btree", "hash"})

Opener = Callable[[str, str, TableContext, TableOptions], Table]


def _open_lmdb(spec: str, name: str, context: TableContext, options: TableOptions) -> Table:
    return lmdb.open_lmdb(spec, name, context.files, context.lmdb_map_size, context.log, options)


def say_migrated(kind: str, name: str, context: TableContext) -> None:
    """Log, once per type, that a table of Berkeley DB's is an lmdb table here."""
    if kind not in context.migrated:
        context.migrated.add(kind)
        context.log.warning(f"{kind}:{name}: no support for {kind} tables here: using lmdb:{name} instead")


def _open_migrated(spec: str, name: str, context: TableContext, options: TableOptions) -> Table:
    say_migrated(spec.partition(":")[0], name, context)
    return _open_lmdb(spec, name, context, options)


def _open_proxy(spec: str, name: str, context: TableContext, options: TableOptions) -> Table:
    if split_spec(name) is None:
        raise TableSyntaxError(f'open dictionary: expecting "type:name" form instead of "{name}"')
    return proxy.ProxyTable(spec, name, context, options)


def _open_unix(spec: str, name: str, context: TableContext, options: TableOptions) -> Table:
    table = unix.open_unix(spec, name, options)  # says so when there is no such table
    return proxy.ProxyTable(spec, spec, context, options) if context.in_loop else table


OPENERS: Final[dict[str, Opener]] = {
    "btree": _open_migrated,
    "cidr": lambda spec, name, context, options: cidr.open_cidr(spec, name, context.log, options),
    "environ": lambda spec, name, context, options: fixed.EnvironTable(spec, os.environ),
    "fail": lambda spec, name, context, options: fixed.FailTable(spec),
    "hash": _open_migrated,
    "inline": lambda spec, name, context, options: fixed.open_inline(spec, name, options),
    "internal": lambda spec, name, context, options: fixed.DictTable(spec, {}, options),
    "lmdb": _open_lmdb,
    "proxy": _open_proxy,
    "regexp": lambda spec, name, context, options: regexp.open_regexp(spec, name, context.log, options),
    "static": lambda spec, name, context, options: fixed.open_static(spec, name, options),
    "texthash": lambda spec, name, context, options: texthash.open_texthash(spec, name, context.log, options),
    "unix": _open_unix,
}


def table_types() -> list[str]:
    """Return the types that `open_table` knows, sorted (postconf -m)."""
    return sorted(OPENERS)


def open_table(spec: str, context: TableContext, options: TableOptions = DEFAULT_OPTIONS) -> Table:
    """Return the table *spec*.

    Raises:
        TableSyntaxError: *spec* is not `type:name`.
        TableOpenError: it cannot be opened, and the context wants no surrogates.
    """
    pair = split_spec(spec)
    if pair is None:
        raise TableSyntaxError(f'open dictionary: expecting "type:name" form instead of "{spec}"')
    kind, name = pair
    if options.utf8 and not context.utf8:
        options = replace(options, utf8=False)
    try:
        opener = OPENERS.get(kind)
        if opener is None:
            raise TableOpenError(f"unsupported dictionary type: {kind}")
        return opener(spec, name, context, options)
    except TableSyntaxError:
        raise
    except TableOpenError as error:
        if not context.surrogates:
            raise
        context.log.error(str(error))
        return fixed.SurrogateTable(spec, str(error), context.log)
