"""Read the sources of tables: postmap's `key value` lines, postalias's `name: value` lines, rules of pattern tables.

Parsers yield entries and hand every complaint, in Postfix's words, to a function; nothing in a file can make them fail.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pymail.tables.base import TableOpenError, fold_text, is_utf8
from pymail.tables.syntax import BLANKS, BraceError, first_word, inside_braces
from pymail.util.lines import logical_lines
from pymail.util.matchlist import MatchListError, split_list_braces
from pymail.util.text import printable

Complain = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SourceRules:
    """How a source is read: *fold* keys to lower case; refuse lines that are not *utf8*; *ending* of some warnings."""

    fold: bool = True
    utf8: bool = True
    ignoring: str = ""


@dataclass(frozen=True, slots=True)
class SourceText:
    """A source file read whole: its lines, and who owns it."""

    name: str
    text: str
    owner: int

    def lines(self, complain: Complain) -> Iterator[tuple[int, str]]:
        """Yield number and text of each logical line."""
        yield from numbered_lines(self.name, io.StringIO(self.text, newline="\n"), complain)


def read_source(path: str, action: str = "open") -> SourceText:
    """Read a source file; raises TableOpenError, whose text begins with *action*."""
    try:
        with open(path, "rb") as file:
            return SourceText(path, file.read().decode("utf-8", "surrogateescape"), os.fstat(file.fileno()).st_uid)
    except OSError as error:
        raise TableOpenError(f"{action} {path}: {error.strerror}") from error


def numbered_lines(name: str, physical: Iterable[str], complain: Complain) -> Iterator[tuple[int, str]]:
    """Yield number and text of each logical line; what follows a NUL is cut off."""

    def misplaced(_number: int, text: str) -> None:
        shown = text if len(text) <= 30 else f"{text[:30]}..."
        complain(f'{name}: logical line must not start with whitespace: "{shown}"')

    for number, text in logical_lines(physical, misplaced):
        yield number, text.partition("\0")[0] if "\0" in text else text


def inline_lines(kind: str, name: str) -> Iterator[tuple[int, str]]:
    """Yield the rules of `{ { rule }, { rule } ... }` with their numbers from 1. Raises TableOpenError."""
    try:
        rules = [inside_braces(item) for item in split_list_braces(inside_braces(name))]
    except (BraceError, MatchListError) as error:
        raise TableOpenError(f"{kind} map: {error}") from error
    return enumerate(rules, 1)


def utf8_lines(
    name: str, lines: Iterable[tuple[int, str]], utf8: bool, complain: Complain
) -> Iterator[tuple[int, str]]:
    """Leave out the lines that are not UTF-8."""
    for number, text in lines:
        if utf8 and not is_utf8(text):
            complain(f'{name}, line {number}: non-UTF-8 input "{printable(text)}" -- ignoring this line')
        else:
            yield number, text


def key_end(text: str) -> int | None:
    """Return where the key of a postmap line ends: at the first blank outside of quotes; None for an open quote."""
    if '"' not in text:
        return len(first_word(text)[0])
    quoted = False
    position = 0
    while position < len(text):
        character = text[position]
        if character == "\\":
            position += 1
        elif character == '"':
            quoted = not quoted
        elif not quoted and character in BLANKS:
            break
        position += 1
    return None if quoted else min(position, len(text))


def postmap_entries(
    name: str, lines: Iterable[tuple[int, str]], rules: SourceRules, complain: Complain
) -> Iterator[tuple[int, str, str]]:
    """Yield line number, key and value of each `key value` line, the key folded."""
    for number, line in utf8_lines(name, lines, rules.utf8, complain):
        text = line.strip(BLANKS)
        end = key_end(text)
        if end is None:
            complain(f"{name}, line {number}: unbalanced '\"' in '{text}' -- ignoring this line")
            continue
        key, value = text[:end], text[end:].strip(BLANKS)
        if not key or not value:
            complain(f"{name}, line {number}: expected format: key whitespace value{rules.ignoring}")
            continue
        if key.endswith(":"):
            complain(f'{name}, line {number}: record is in "key: value" format; is this an alias file?')
        yield number, fold_text(key, rules.utf8) if rules.fold else key, value
