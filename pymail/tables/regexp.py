"""regexp_table(5): the first pattern that is found in the key gives the result.

Rules: `/pattern/flags result`, `!/pattern/flags result`, the old `/one/!/two/ result`, `if` and `endif`. Flags toggle:
`i` (case does not count, on), `x` (extended, on), `m` (newlines end lines, off). A bad rule is left out with one
warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pymail.tables.base import TRUSTED, TableLog, TableOptions, is_utf8
from pymail.tables.posix_regex import EXTENDED, ICASE, PosixRegex, PosixRegexLibrary, RegexError
from pymail.tables.replacement import Replacement, ReplacementError, parse_replacement
from pymail.tables.source import inline_lines, read_source, utf8_lines
from pymail.tables.syntax import BLANKS


class _SkipError(Exception):
    """This rule is left out; str() says why, empty when it was said already."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A pattern as written."""

    text: str
    negated: bool
    flags: int


@dataclass(frozen=True, slots=True)
class _Rule:
    """A pattern with its result; *substitutes* when the result has `$1`, *but_not* of `/one/!/two/`."""

    regex: PosixRegex
    negated: bool
    replacement: Replacement
    literal: str
    substitutes: bool
    but_not: PosixRegex | None = None


@dataclass(frozen=True, slots=True)
class _Block:
    """`if /pattern/` ... `endif`."""

    regex: PosixRegex
    negated: bool
    steps: list[_Rule | _Block]


_Step = _Rule | _Block


def _search(steps: list[_Step], text: bytes) -> str | None:
    for step in steps:
        if isinstance(step, _Block):
            if step.regex.matches(text) is not step.negated:
                found = _search(step.steps, text)
                if found is not None:
                    return found
        elif step.substitutes:
            groups = step.regex.groups(text)
            if groups is not None and (step.but_not is None or not step.but_not.matches(text)):
                return step.replacement.expand(groups)
        elif step.regex.matches(text) is not step.negated and (step.but_not is None or not step.but_not.matches(text)):
            return step.literal
    return None


class RegexpTable:
    """A table of patterns."""

    blocking: Final = False
    fixed: Final = False
    __slots__ = ("_steps", "options", "owner", "spec")

    def __init__(self, spec: str, steps: list[_Step], options: TableOptions, owner: int) -> None:
        self.spec = spec
        self._steps = steps
        self.options = options
        self.owner: int | None = owner

    def lookup(self, key: str) -> str | None:
        """Return the result of the first rule that matches."""
        if not key.isascii() and self.options.utf8 and not is_utf8(key):
            return None
        return _search(self._steps, key.encode("utf-8", "surrogateescape"))

    def changed(self) -> bool:
        """The rules are in memory; an edit needs a reload."""
        return False


class _Parser:
    """Reads rules into steps."""

    __slots__ = ("_library", "_log", "_name", "_open", "_options", "_where", "steps")

    def __init__(self, name: str, log: TableLog, options: TableOptions) -> None:
        self._name = name
        self._log = log
        self._options = options
        self._where = ""
        self._library = PosixRegexLibrary()
        self.steps: list[_Step] = []
        #: Each `if` that is open: its line, and the steps around it.
        self._open: list[tuple[int, list[_Step]]] = []

    def _complain(self, text: str) -> None:
        self._log.warning(text)

    def line(self, number: int, line: str) -> None:
        """Take one logical line."""
        self._where = f"regexp map {self._name}, line {number}"
        text = line.strip(BLANKS)
        word = text[:5].lower()
        try:
            if not (text[0].isascii() and text[0].isalnum()):
                self._rule(text)
            elif word[:2] == "if" and not text[2:3].isalnum():
                self._if(number, text[2:].lstrip(BLANKS))
            elif word == "endif" and not text[5:6].isalnum():
                self._endif(text[5:].strip(BLANKS))
            else:
                self._complain(f"{self._where}: ignoring unrecognized request")
        except _SkipError as reason:
            if str(reason):
                self._complain(f"{self._where}: {reason}: skipping this rule")
        except RegexError as error:
            self._complain(f"{self._where}: {error}")

    def _pattern(self, text: str) -> tuple[_Pattern, str]:
        """Return the pattern at the beginning of *text*, and the rest."""
        start = 0
        negated = False
        while text[start : start + 1] == "!":
            negated = not negated
            start += 1
            while text[start : start + 1] in BLANKS and start < len(text):
                start += 1
        if start >= len(text):
            raise _SkipError("no regexp")
        delimiter = text[start]
        end = start + 1
        while end < len(text) and text[end] != delimiter:
            end += 2 if text[end] == "\\" and end + 1 < len(text) else 1
        if end >= len(text):
            raise _SkipError(f'no closing regexp delimiter "{delimiter}"')
        flags = EXTENDED | ICASE
        after = end + 1
        while after < len(text) and text[after] not in BLANKS and text[after] != "!":
            bit = {"i": ICASE, "m": self._library.newline, "x": EXTENDED}.get(text[after])
            if bit is None:
                raise _SkipError(f'unknown regexp option "{text[after]}"')
            flags ^= bit
            after += 1
        return _Pattern(text[start + 1 : end], negated, flags), text[after:]

    def _compile(self, pattern: _Pattern, extra: int) -> PosixRegex:
        return self._library.compile(pattern.text, pattern.flags | extra)

    def _rule(self, text: str) -> None:
        first, rest = self._pattern(text)
        second: _Pattern | None = None
        if rest.startswith("!"):
            second, rest = self._pattern(rest[1:])
        result = rest.strip(BLANKS)
        if not result:
            self._complain(f"{self._where}: no replacement text: using empty string")
        try:
            replacement = parse_replacement(self._where, result, self._complain)
        except ReplacementError:
            raise _SkipError("bad replacement syntax") from None
        highest = replacement.highest
        if highest and first.negated:
            raise _SkipError("$number found in negative match replacement text")
        if highest and not self._options.substitution:
            raise _SkipError("regular expression substitution is not allowed")
        regex = self._compile(first, 0 if highest else self._library.nosub)
        if highest > regex.subexpressions:
            raise _SkipError(f'out of range replacement index "{highest}"')
        but_not = None if second is None else self._compile(second, self._library.nosub)
        self.steps.append(_Rule(regex, first.negated, replacement, replacement.literal, highest > 0, but_not))

    def _if(self, number: int, text: str) -> None:
        pattern, rest = self._pattern(text)
        extra = rest.strip(BLANKS)
        if extra:
            self._complain(f'{self._where}: ignoring extra text after IF statement: "{extra}"')
            self._complain(f"{self._where}: do not prepend whitespace to statements between IF and ENDIF")
        block = _Block(self._compile(pattern, self._library.nosub), pattern.negated, [])
        self.steps.append(block)
        self._open.append((number, self.steps))
        self.steps = block.steps

    def _endif(self, rest: str) -> None:
        if rest:
            self._complain(f"{self._where}: ignoring extra text after ENDIF")
        if not self._open:
            self._complain(f"{self._where}: ignoring ENDIF without matching IF")
        else:
            self.steps = self._open.pop()[1]

    def finish(self) -> list[_Step]:
        """Return the steps of the whole table."""
        steps = self.steps
        for number, outer in reversed(self._open):
            self._complain(f"regexp map {self._name}, line {number}: IF has no matching ENDIF")
            steps = outer
        return steps


def parse_regexp(name: str, lines: Iterable[tuple[int, str]], log: TableLog, options: TableOptions) -> list[_Step]:
    """Return the steps that *lines* say."""
    parser = _Parser(name, log, options)
    for number, line in lines:
        if line.strip(BLANKS):
            parser.line(number, line)
    return parser.finish()


def open_regexp(spec: str, name: str, log: TableLog, options: TableOptions) -> RegexpTable:
    """Read the file *name*, or the rules inside its braces. Raises TableOpenError."""
    lines: Iterator[tuple[int, str]]
    if name.startswith("{"):
        lines, owner = inline_lines("regexp", name), TRUSTED
    else:
        source = read_source(name)
        lines, owner = source.lines(log.warning), source.owner
    steps = parse_regexp(name, utf8_lines(name, lines, options.utf8, log.warning), log, options)
    return RegexpTable(spec, steps, options, owner)
