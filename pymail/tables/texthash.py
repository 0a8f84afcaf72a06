"""texthash: a source file of postmap, read whole when it is opened; a change needs a reload."""

from __future__ import annotations

from pymail.tables.base import TableLog, TableOptions
from pymail.tables.fixed import DictTable
from pymail.tables.source import SourceRules, postmap_entries, read_source


def open_texthash(spec: str, path: str, log: TableLog, options: TableOptions) -> DictTable:
    """Read *path*. Raises TableOpenError."""
    source = read_source(path, "open database")
    rules = SourceRules(options.fold, options.utf8, " -- ignoring this line")
    entries: dict[str, str] = {}
    for number, key, value in postmap_entries(path, source.lines(log.warning), rules, log.warning):
        if key in entries:
            log.warning(f'{path}, line {number}: duplicate entry: "{key}"')
        else:
            entries[key] = value
    return DictTable(spec, entries, options, source.owner)
