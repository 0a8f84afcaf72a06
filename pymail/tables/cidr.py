"""cidr_table(5): the first network that contains the client's address gives the result.

Rules: `pattern result`, `!pattern result`, `if pattern` or `if !pattern` ... `endif`. A bad rule is left out with one
warning. A run of plain patterns is one step whatever its length, so 100,000 networks cost what 30 do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pymail.tables.base import TRUSTED, TableLog, TableOptions
from pymail.tables.source import Complain, inline_lines, read_source, utf8_lines
from pymail.tables.syntax import BLANKS, first_word
from pymail.util.network import Address, Network, NetworkError, NetworkTable, parse_address, parse_network

#: Plain patterns in a row.
_Run = NetworkTable[str]


@dataclass(frozen=True, slots=True)
class _Negated:
    """`!pattern result`: an address of the same family outside of the network."""

    network: Network
    result: str


@dataclass(frozen=True, slots=True)
class _Block:
    """`if pattern` ... `endif`."""

    network: Network
    negated: bool
    steps: list[_Step]


_Step = _Run | _Negated | _Block


def _search(steps: list[_Step], address: Address) -> str | None:
    for step in steps:
        found: str | None = None
        if isinstance(step, NetworkTable):
            found = step.lookup(address)
        elif isinstance(step, _Negated):
            if step.network.version == address.version and address not in step.network:
                found = step.result
        elif step.network.version == address.version and (address in step.network) is not step.negated:
            found = _search(step.steps, address)
        if found is not None:
            return found
    return None


class CidrTable:
    """A table of networks."""

    blocking: Final = False
    fixed: Final = False
    __slots__ = ("_steps", "options", "owner", "spec")

    def __init__(self, spec: str, steps: list[_Step], options: TableOptions, owner: int) -> None:
        self.spec = spec
        self._steps = steps
        self.options = options
        self.owner: int | None = owner

    def lookup(self, key: str) -> str | None:
        """Return the result of the first rule that matches; a key that is no address matches nothing."""
        address = parse_address(key)
        return None if address is None else _search(self._steps, address)

    def changed(self) -> bool:
        """The rules are in memory; an edit needs a reload."""
        return False


class _Parser:
    """Reads rules into steps."""

    __slots__ = ("_complain", "_name", "_open", "steps")

    def __init__(self, name: str, complain: Complain) -> None:
        self._name = name
        self._complain = complain
        self.steps: list[_Step] = []
        #: Each `if` that is open: its line, and the steps around it.
        self._open: list[tuple[int, list[_Step]]] = []

    def skip(self, number: int, reason: str) -> None:
        """Leave a rule out."""
        self._complain(f"cidr map {self._name}, line {number}: {reason}: skipping this rule")

    def line(self, number: int, line: str) -> None:
        """Take one logical line."""
        text = line.strip(BLANKS)
        word = text[:5].lower()
        if word[:2] == "if" and not text[2:3].isalnum():
            self._if(number, text[2:].lstrip(BLANKS))
        elif word == "endif" and not text[5:6].isalnum():
            self._endif(number, text[5:].strip(BLANKS))
        else:
            self._rule(number, text)

    def _if(self, number: int, text: str) -> None:
        negated = text.startswith("!")
        pattern = text[1:].lstrip(BLANKS) if negated else text
        network = self._network(number, pattern)
        if network is not None:
            block = _Block(network, negated, [])
            self.steps.append(block)
            self._open.append((number, self.steps))
            self.steps = block.steps

    def _network(self, number: int, pattern: str) -> Network | None:
        if not pattern:
            self.skip(number, "no address pattern")
            return None
        try:
            return parse_network(pattern)
        except NetworkError as error:
            self.skip(number, str(error))
            return None

    def _endif(self, number: int, rest: str) -> None:
        if rest:
            self.skip(number, "garbage after ENDIF")
        elif not self._open:
            self.skip(number, "ENDIF without IF")
        else:
            self.steps = self._open.pop()[1]

    def _rule(self, number: int, text: str) -> None:
        negated = text.startswith("!")
        if negated:
            text = text[1:].lstrip(BLANKS)
        pattern, result = first_word(text)
        network = self._network(number, pattern)
        if network is None:
            return
        if not result:
            self.skip(number, "no lookup result")
        elif negated:
            self.steps.append(_Negated(network, result))
        else:
            run = self.steps[-1] if self.steps else None
            if not isinstance(run, NetworkTable):
                run = NetworkTable[str]()
                self.steps.append(run)
            run.add(network, result)

    def finish(self) -> list[_Step]:
        """Return the steps of the whole table."""
        steps = self.steps
        for number, outer in reversed(self._open):
            self._complain(f"cidr map {self._name}, line {number}: IF has no matching ENDIF")
            steps = outer
        return steps


def parse_cidr(name: str, lines: Iterable[tuple[int, str]], complain: Complain) -> list[_Step]:
    """Return the steps that *lines* say."""
    parser = _Parser(name, complain)
    for number, line in lines:
        parser.line(number, line)
    return parser.finish()


def open_cidr(spec: str, name: str, log: TableLog, options: TableOptions) -> CidrTable:
    """Read the file *name*, or the rules inside its braces. Raises TableOpenError."""
    lines: Iterator[tuple[int, str]]
    if name.startswith("{"):
        lines, owner = inline_lines("cidr", name), TRUSTED
    else:
        source = read_source(name)
        lines, owner = source.lines(log.warning), source.owner
    return CidrTable(
        spec, parse_cidr(name, utf8_lines(name, lines, options.utf8, log.warning), log.warning), options, owner
    )
