"""What postmap(1) and postalias(1) have in common: the command line, and the work on tables.

    postmap [-bfFhijmnNoprsuUvw] [-c dir] [-d key] [-q key] [type:]file...

The source's syntax, the layout of a printed entry and the extra entries of an index are the differences (`Dialect`).
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TextIO

from pymail.commands.message_lines import message_lines
from pymail.config.find import config_directory
from pymail.config.main_cf import ConfigError, MainCf
from pymail.log.fatal import FatalError
from pymail.log.logger import Log
from pymail.log.sinks import StderrSink, TeeSink, choose_sink
from pymail.tables.base import Table, TableError, TableOptions, fold_text
from pymail.tables.build import (
    DEFAULT_MODE,
    Duplicates,
    TableWriter,
    WriteRules,
    open_for_build,
    open_for_dump,
    open_for_update,
    path_to_build,
    source_mode,
)
from pymail.tables.context import TableContext, from_config
from pymail.tables.fixed import DictTable
from pymail.tables.lmdb_file import LmdbFileError
from pymail.tables.open import open_table
from pymail.tables.proxy import TableDeniedError
from pymail.tables.source import Complain, SourceRules, numbered_lines, read_source
from pymail.util.matchlist import split_list
from pymail.util.options import OptionError, parse_options

#: Line number, key, value of each entry of a source.
Entries = Iterator[tuple[int, str, str]]
ReadEntries = Callable[[str, Iterable[tuple[int, str]], SourceRules, Complain], Entries]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One of the two commands. *separator* stands between a printed key and its value."""

    program: str
    options: str
    usage: str
    separator: str
    read_entries: ReadEntries
    extra_entries: tuple[tuple[str, str], ...] = ()
    ignoring: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """The command line, taken apart. *key*: the argument of -q or -d."""

    flags: frozenset[str]
    key: str
    directory: str
    tables: tuple[str, ...]
    verbose: int = 0

    @property
    def table_options(self) -> TableOptions:
        """How tables are asked."""
        return TableOptions(fold="f" not in self.flags, utf8="u" not in self.flags)

    @property
    def write_rules(self) -> WriteRules:
        """How tables are written."""
        duplicates = Duplicates.WARN
        if "r" in self.flags:
            duplicates = Duplicates.REPLACE
        elif "w" in self.flags:
            duplicates = Duplicates.IGNORE
        return WriteRules(nul="n" not in self.flags or "N" in self.flags, duplicates=duplicates)


MODES: Final = "diqs"


def parse(dialect: Dialect, arguments: Sequence[str], environ: Mapping[str, str]) -> Options:
    """Read the command line. Raises FatalError."""
    usage = f"usage: {dialect.program} {dialect.usage}"
    try:
        pairs, tables = parse_options(arguments, dialect.options)
    except OptionError as error:
        raise FatalError(usage) from error
    flags: set[str] = set()
    key = ""
    directory: str | None = None
    verbose = 0
    for letter, value in pairs:
        if letter == "c":
            directory = value
        elif letter == "v":
            verbose += 1
        else:
            if letter in MODES and flags.intersection(MODES) - ({letter} if letter == "s" else set()):
                raise FatalError("specify only one of -d -i -q or -s")
            if letter in "dq":
                key = value
            flags.add(letter)
    if flags.intersection("bhm") and not ("q" in flags and key == "-"):
        raise FatalError('specify -b -h or -m only with "-q -"')
    if not tables:
        raise FatalError(usage)
    return Options(frozenset(flags), key, config_directory(directory, environ), tuple(tables), verbose)


class TableTool:
    """One run of the command."""

    def __init__(self, dialect: Dialect, options: Options, context: TableContext, source: TextIO, out: TextIO) -> None:
        self._dialect = dialect
        self._options = options
        self._context = context
        self._input = source
        self._out = out
        self._specs = [spec if ":" in spec else f"{context.default_type}:{spec}" for spec in options.tables]

    def run(self) -> int:
        """Do what the options ask for; return the exit status. Raises FatalError."""
        flags = self._options.flags
        try:
            if "q" in flags:
                return self._query()
            if "d" in flags:
                return self._delete()
            if "s" in flags:
                return self._dump()
            if "i" in flags:
                return self._insert()
            return self._build()
        except TableDeniedError as error:
            raise FatalError(error.reason) from error
        except TableError as error:
            raise FatalError(f"table {error.spec}: query error: {error.reason}") from error

    # -- queries

    def _query(self) -> int:
        tables = _LazyTables(self._specs, self._open)
        if self._options.key != "-":
            value = self._first(tables, self._options.key)
            if value is None:
                return 1
            self._print_result(self._options.key, value, alone=True)
            return 0
        found = False
        for key in self._keys():
            value = self._first(tables, key)
            if value is not None:
                found = True
                self._print_result(key, value, alone=False)
        return 0 if found else 1

    def _keys(self) -> Iterator[str]:
        flags = self._options.flags
        lines = (line.rstrip("\n") for line in self._input)
        if not flags.intersection("bh"):
            if "m" in flags:
                self._context.log.warning("ignoring -m option without -b or -h")
            return lines
        return message_lines(lines, header="h" in flags, body="b" in flags)

    def _open(self, spec: str) -> Table:
        if "F" in self._options.flags and spec.startswith("texthash:"):
            return self._open_file_values(spec)
        return open_table(spec, self._context, self._options.table_options)

    def _first(self, tables: Iterable[Table], key: str) -> str | None:
        for table in tables:
            value = table.lookup(key)
            if value is None:
                continue
            if not value:
                warn = self._context.log.warning
                warn(f"table {table.spec}: key {key}: empty string result is not allowed")
                warn(f"table {table.spec} should return NO RESULT in case of NOT FOUND")
            if "F" in self._options.flags:
                return self._decoded(table.spec, key, value)
            return value
        return None

    def _decoded(self, spec: str, key: str, value: str) -> str:
        """Return the content of the files that stood behind *key* in the source."""
        try:
            return base64.b64decode(value, validate=True).decode("utf-8", "surrogateescape")
        except (binascii.Error, ValueError) as error:
            raise FatalError(f"table {spec}: key {key}: malformed BASE64 value: {value[:30]}") from error

    def _print_result(self, key: str, value: str, *, alone: bool) -> None:
        if "j" in self._options.flags:
            self._print_entry(key, value)
        elif alone:
            self._out.write(f"{value}\n")
        else:
            self._out.write(f"{key}{self._dialect.separator}{value}\n")

    def _print_entry(self, key: str, value: str) -> None:
        if "j" in self._options.flags:
            self._out.write(json.dumps({key: value}, ensure_ascii=False) + "\n")
        else:
            self._out.write(f"{key}{self._dialect.separator}{value}\n")

    # -- single entries

    def _writers(self) -> Iterator[TableWriter]:
        for spec in self._specs:
            yield open_for_update(spec, self._context, self._options.write_rules)

    def _folded(self, key: str) -> str:
        options = self._options.table_options
        return fold_text(key, options.utf8) if options.fold else key

    def _delete(self) -> int:
        keys = [self._options.key] if self._options.key != "-" else [line.rstrip("\n") for line in self._input]
        found = False
        for writer in self._writers():
            with _faults("delete error", writer.spec):
                for key in keys:
                    found = writer.delete(self._folded(key)) or found
        return 0 if found else 1

    def _insert(self) -> int:
        writers = list(self._writers())
        lines = numbered_lines("stdin", self._input, self._context.log.warning)
        for _, key, value in self._entries("stdin", lines):
            for writer in writers:
                with _faults("write error", writer.spec):
                    writer.put(key, value)
        return 0

    # -- whole tables

    def _dump(self) -> int:
        for spec in self._specs:
            if "proxy:" in spec:
                raise FatalError("can't sequence maps via the proxy service")
            for key, value in self._listing(spec):
                if not key:
                    self._context.log.warning(f"table {spec}: empty lookup key value is not allowed")
                shown = self._decoded(spec, key, value) if "F" in self._options.flags else value
                self._print_entry(key, shown)
        return 0

    def _listing(self, spec: str) -> Iterable[tuple[str, str]]:
        if spec.startswith(("texthash:", "inline:", "internal:")):
            table = self._open(spec)
            if isinstance(table, DictTable):
                return table.entries.items()
        with _faults("sequence error", spec):
            return list(open_for_dump(spec, self._context).entries())

    def _build(self) -> int:
        for spec in self._specs:
            self._build_one(spec)
        return 0

    def _build_one(self, spec: str) -> None:
        flags = self._options.flags
        path = path_to_build(spec, self._context)
        source = read_source(path)
        if "o" not in flags:
            become_owner(path)
        lines = source.lines(self._context.log.warning)
        entries = [(key, value) for _, key, value in self._entries(path, lines)]
        entries += self._dialect.extra_entries
        mode = DEFAULT_MODE if "p" in flags else source_mode(path)
        writer = open_for_build(spec, self._context, self._options.write_rules, mode)
        with _faults("write error", spec):
            writer.build(entries)

    def _entries(self, name: str, lines: Iterable[tuple[int, str]]) -> Entries:
        options = self._options.table_options
        utf8 = options.utf8 and self._context.utf8
        rules = SourceRules(options.fold, utf8, self._dialect.ignoring)
        entries = self._dialect.read_entries(name, lines, rules, self._context.log.warning)
        return self._with_files(name, entries) if "F" in self._options.flags else entries

    def _with_files(self, name: str, entries: Entries) -> Entries:
        """Put the content of the files that a value names in its place, as base64."""
        for number, key, value in entries:
            try:
                contents = [_file_octets(path) for path in split_list(value)]
            except OSError as error:
                reason = f"open {error.filename}: {error.strerror}"
                self._context.log.warning(f"{name}, line {number}: {reason}: skipping this entry")
                continue
            yield number, key, base64.b64encode(b"\n".join(contents)).decode("ascii")

    def _open_file_values(self, spec: str) -> Table:
        path = spec.partition(":")[2]
        source = read_source(path)
        entries = {
            key: value for _, key, value in reversed(list(self._entries(path, source.lines(self._context.log.warning))))
        }
        return DictTable(spec, entries, self._options.table_options)


class _LazyTables:
    """Tables that are opened when they are first asked, and then kept."""

    def __init__(self, specs: Sequence[str], open_one: Callable[[str], Table]) -> None:
        self._specs = specs
        self._open = open_one
        self._tables: list[Table] = []

    def __iter__(self) -> Iterator[Table]:
        for index, spec in enumerate(self._specs):
            if index == len(self._tables):
                self._tables.append(self._open(spec))
            yield self._tables[index]


@contextlib.contextmanager
def _faults(what: str, spec: str) -> Iterator[None]:
    """Turn a failed operation on an LMDB file into a fatal error."""
    try:
        yield
    except LmdbFileError as error:
        raise FatalError(f"table {spec}: {what}: {error}") from error


def _file_octets(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def become_owner(source: str) -> None:
    """Give up root's rights for those of the owner of a source: a table belongs to who maintains it."""
    if os.geteuid() == 0:
        status = os.stat(source)
        if status.st_uid != 0:
            os.setegid(status.st_gid)
            os.seteuid(status.st_uid)


def main(dialect: Dialect, argv: Sequence[str] | None) -> int:
    """Run the command; return its status."""
    errors = StderrSink(dialect.program)
    log = Log(dialect.program, errors)
    try:
        options = parse(dialect, sys.argv[1:] if argv is None else argv, os.environ)
        conf = MainCf.load(options.directory)
        sink = choose_sink(conf, direct=os.geteuid() == 0)
        log = Log(f"{conf.value('syslog_name')}/{dialect.program}", TeeSink([sink, errors]), verbose=options.verbose)
        context = from_config(conf, log, surrogates=False)
        with (
            open(0, encoding="utf-8", errors="surrogateescape", newline="\n", closefd=False) as source,
            open(1, "w", encoding="utf-8", errors="surrogateescape", newline="\n", closefd=False) as out,
        ):
            return TableTool(dialect, options, context, source, out).run()
    except (FatalError, ConfigError) as error:
        if isinstance(error.__cause__, OptionError):
            log.info(str(error.__cause__))
        log.fatal_line("%s", error)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    finally:
        log.flush()
