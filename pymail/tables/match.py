"""Match lists: mydestination, relay_domains, virtual_*_domains (`DomainList`) and mynetworks (`HostList`).

Patterns are tried from left to right, the first that matches decides, `!` turns it to "no". `/file` stands for the
patterns in the file, `type:table` for a lookup. Patterns in a row that are no tables are one step: a few dictionary
lookups, however many they are. A table that fails makes the whole question fail (TableError), whatever comes behind it.
"""

from __future__ import annotations

import enum
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pymail.tables.base import (
    DEFAULT_OPTIONS,
    RemoteTable,
    Table,
    TableError,
    TableOpenError,
    TableOptions,
    TableSyntaxError,
    fold_text,
)
from pymail.tables.context import TableContext
from pymail.tables.fixed import SurrogateTable
from pymail.tables.open import open_table
from pymail.tables.source import read_source
from pymail.util.matchlist import MatchListError, Pattern, parse_match_list
from pymail.util.network import Address, Network, NetworkError, NetworkTable, parse_address, parse_network

#: Files of patterns that name files of patterns.
MAXIMUM_NESTING: Final = 10
#: Characters of address patterns; anything else is a name.
_ADDRESS_CHARACTERS: Final = frozenset("0123456789abcdefABCDEF:./")


class DomainMatch(enum.Enum):
    """Which names a pattern `example.com` stands for."""

    EXACT = "the name only, also in tables"
    PARENT = "the name and its subdomains"
    DOT = "the name; subdomains need .example.com"


def parent_style(parameter: str, parent_domain_matches_subdomains: str) -> DomainMatch:
    """Return how *parameter* matches subdomains."""
    names = parent_domain_matches_subdomains.replace(",", " ").split()
    return DomainMatch.PARENT if parameter in names else DomainMatch.DOT


def domain_keys(name: str, style: DomainMatch) -> Iterator[str]:
    """Yield *name*, then its parent domains: `example.com` (PARENT) or `.example.com` (DOT)."""
    yield name
    if style is DomainMatch.EXACT:
        return
    skip = 1 if style is DomainMatch.PARENT else 0
    dot = name.find(".", 1)
    while dot >= 0:
        yield name[dot + skip :]
        dot = name.find(".", dot + 1)


class _Row:
    """Patterns in a row that are no tables: the rank of each in the row, and whether it means yes."""

    __slots__ = ("addresses", "count", "names")

    def __init__(self) -> None:
        self.count = 0
        self.names: dict[str, tuple[int, bool]] = {}
        self.addresses: NetworkTable[tuple[int, bool]] = NetworkTable()

    def add_name(self, name: str, verdict: bool) -> None:
        """Add a name pattern behind the others."""
        self.names.setdefault(name, (self.count, verdict))
        self.count += 1

    def add_network(self, network: Network, verdict: bool) -> None:
        """Add an address pattern behind the others."""
        self.addresses.add(network, (self.count, verdict))
        self.count += 1

    def verdict(self, names: Iterable[str], address: Address | None) -> bool | None:
        """Return what the first pattern that matches means; None when none does."""
        known = self.names
        best: tuple[int, bool] | None = None
        for name in names:
            entry = known.get(name)
            if entry is not None and (best is None or entry < best):
                best = entry
        if address is not None:
            entry = self.addresses.lookup(address)
            if entry is not None and (best is None or entry < best):
                best = entry
        return None if best is None else best[1]


@dataclass(frozen=True, slots=True)
class _TableStep:
    """A `type:table` pattern."""

    table: Table
    verdict: bool


@dataclass(frozen=True, slots=True)
class _BadStep:
    """An address pattern that cannot be used: reaching it with an address of its IP *version* is an error."""

    error: TableError
    version: int


@dataclass(frozen=True, slots=True)
class _Question:
    """What is matched: the keys of a name, and an address as text and as number."""

    names: tuple[str, ...]
    address_text: str = ""
    address: Address | None = None


class _Steps:
    """The patterns of one list, and the one way through them for both `matches` and `matches_now`."""

    __slots__ = ("_context", "_options", "_steps", "blocking", "title")

    def __init__(self, title: str, context: TableContext, options: TableOptions) -> None:
        self.title = title
        self._context = context
        self._options = options
        self._steps: list[_Row | _TableStep | _BadStep] = []
        self.blocking = False

    @property
    def is_empty(self) -> bool:
        return not self._steps

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(step.table for step in self._steps if isinstance(step, _TableStep))

    def patterns(self, text: str, depth: int = 0) -> Iterator[Pattern]:
        """Yield the patterns of *text* and of the files that it names. Raises TableSyntaxError, TableOpenError."""
        try:
            found = parse_match_list(text)
        except MatchListError as error:
            raise TableSyntaxError(f"{self.title}: {error}") from error
        for pattern in found:
            if not pattern.text:
                raise TableSyntaxError(f"{self.title}: no pattern after '!'")
            if not pattern.text.startswith("/") or depth > MAXIMUM_NESTING:
                yield pattern
                continue
            try:
                source = read_source(pattern.text, "open file")
            except TableOpenError as error:
                if not self._context.surrogates:
                    raise
                self._context.log.error(str(error))
                name = f"non-existent:{pattern.text}"
                self._steps.append(_TableStep(SurrogateTable(name, str(error), self._context.log), verdict=False))
                continue
            for _, line in source.lines(self._context.log.warning):
                for inner in self.patterns(line, depth + 1):
                    yield Pattern(inner.text, inner.negated is not pattern.negated)

    def row(self) -> _Row:
        """Return the row at the end, a new one behind a table."""
        last = self._steps[-1] if self._steps else None
        if not isinstance(last, _Row):
            last = _Row()
            self._steps.append(last)
        return last

    def add_table(self, pattern: Pattern) -> None:
        """Add a `type:table` pattern. Raises TableSyntaxError, TableOpenError."""
        table = open_table(pattern.text, self._context, self._options)
        self.blocking = self.blocking or table.blocking
        self._steps.append(_TableStep(table, not pattern.negated))

    def add_bad(self, error: TableError, version: int) -> None:
        """Add an address pattern that cannot be used."""
        self._steps.append(_BadStep(error, version))

    def _walk(self, question: _Question) -> Generator[tuple[Table, str], bool, bool]:
        """Ask (yield) for keys in tables, take whether they are there, return the answer."""
        for step in self._steps:
            if isinstance(step, _Row):
                verdict = step.verdict(question.names, question.address)
                if verdict is not None:
                    return verdict
            elif isinstance(step, _TableStep):
                names = question.names if step.table.fixed else question.names[:1]
                for key in (*names, question.address_text):
                    if key and (yield step.table, key):
                        return step.verdict
            elif question.address is not None and question.address.version == step.version:
                self._context.log.warning(f"{self.title}: {step.error.reason}")
                raise step.error
        return False

    def match_now(self, question: _Question) -> bool:
        """Return the answer, waiting for blocking tables. Raises TableError."""
        walk = self._walk(question)
        try:
            table, key = next(walk)
            while True:
                try:
                    found = table.lookup(key) is not None
                except TableError as error:
                    self._lookup_failed(table)
                    raise error
                table, key = walk.send(found)
        except StopIteration as stop:
            return bool(stop.value)

    async def match(self, question: _Question) -> bool:
        """Return the answer without blocking the loop. Raises TableError."""
        walk = self._walk(question)
        try:
            table, key = next(walk)
            while True:
                try:
                    value = await table.find(key) if isinstance(table, RemoteTable) else table.lookup(key)
                except TableError as error:
                    self._lookup_failed(table)
                    raise error
                table, key = walk.send(value is not None)
        except StopIteration as stop:
            return bool(stop.value)

    def _lookup_failed(self, table: Table) -> None:
        self._context.log.warning(f"{self.title}: {table.spec}: table lookup problem")


class DomainList:
    """A list of domain names, such as mydestination."""

    __slots__ = ("_steps", "_style", "_utf8")

    def __init__(
        self, title: str, text: str, context: TableContext, style: DomainMatch, options: TableOptions = DEFAULT_OPTIONS
    ) -> None:
        """*title* is the parameter's name, *text* its value.

        Raises:
            TableSyntaxError: a table's name is not `type:name`, or a `!` stands alone.
            TableOpenError: (where the context wants no surrogates) a table or file cannot be opened.
        """
        self._style = style
        self._utf8 = context.utf8
        self._steps = _Steps(title, context, options)
        for pattern in self._steps.patterns(text):
            if ":" in pattern.text:
                self._steps.add_table(pattern)
            else:
                self._steps.row().add_name(fold_text(pattern.text, self._utf8), not pattern.negated)

    @property
    def title(self) -> str:
        """The name of the parameter."""
        return self._steps.title

    @property
    def is_empty(self) -> bool:
        """True when nothing can match."""
        return self._steps.is_empty

    @property
    def blocking(self) -> bool:
        """True when a member must not be asked on an event loop: use `matches` there."""
        return self._steps.blocking

    def _question(self, name: str) -> _Question:
        return _Question(tuple(domain_keys(fold_text(name, self._utf8), self._style)))

    def matches_now(self, name: str) -> bool:
        """Return True when *name* is in the list; a blocking member is waited for. Raises TableError."""
        return self._steps.match_now(self._question(name))

    async def matches(self, name: str) -> bool:
        """Return True when *name* is in the list, without blocking the loop. Raises TableError."""
        return await self._steps.match(self._question(name))

    def changed(self) -> Table | None:
        """Return a table that must be opened again by a new process, or None."""
        return next((table for table in self._steps.tables if table.changed()), None)


class HostList:
    """A list of clients by name, address or network, such as mynetworks."""

    __slots__ = ("_steps", "_style", "_utf8")

    def __init__(
        self, title: str, text: str, context: TableContext, style: DomainMatch, options: TableOptions = DEFAULT_OPTIONS
    ) -> None:
        """Take the same arguments, and raise the same errors, as `DomainList`."""
        self._style = style
        self._utf8 = context.utf8
        self._steps = _Steps(title, context, options)
        for pattern in self._steps.patterns(text):
            self._add(pattern)

    def _add(self, pattern: Pattern) -> None:
        text = pattern.text
        if not text.startswith("[") and ":" in text:
            self._steps.add_table(pattern)
            return
        bare = text.replace("[", "", 1).replace("]", "", 1)
        is_network = "/" in bare and _ADDRESS_CHARACTERS.issuperset(bare)
        try:
            network = parse_network(text)
        except NetworkError as error:
            if is_network and ("]" in text or not text.startswith("[")):
                self._steps.add_bad(TableError(text, str(error)), 6 if ":" in bare else 4)
            else:
                self._steps.row().add_name(fold_text(text, self._utf8), not pattern.negated)
        else:
            self._steps.row().add_network(network, not pattern.negated)

    @property
    def title(self) -> str:
        """The name of the parameter."""
        return self._steps.title

    @property
    def is_empty(self) -> bool:
        """True when nothing can match."""
        return self._steps.is_empty

    @property
    def blocking(self) -> bool:
        """True when a member must not be asked on an event loop: use `matches` there."""
        return self._steps.blocking

    def _question(self, name: str, address: str) -> _Question:
        names = tuple(domain_keys(fold_text(name, self._utf8), self._style)) if name else ()
        return _Question(names, address, parse_address(address))

    def matches_now(self, name: str, address: str) -> bool:
        """Return True when the client is in the list; a blocking member is waited for. Raises TableError."""
        return self._steps.match_now(self._question(name, address))

    async def matches(self, name: str, address: str) -> bool:
        """Return True when the client is in the list, without blocking the loop. Raises TableError."""
        return await self._steps.match(self._question(name, address))

    def changed(self) -> Table | None:
        """Return a table that must be opened again by a new process, or None."""
        return next((table for table in self._steps.tables if table.changed()), None)
