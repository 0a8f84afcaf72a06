"""Read alias files, the source of postalias: `name: value, value ...` lines. aliases(5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pymail.mail.address_token import Kind, Token, external_text, internal_text, tokenize
from pymail.tables.base import fold_text
from pymail.tables.source import Complain, SourceRules, utf8_lines

_COLON: Final = Token(Kind.OPERATOR, ":")
_AT: Final = Token(Kind.OPERATOR, "@")


def alias_entries(
    name: str, lines: Iterable[tuple[int, str]], rules: SourceRules, complain: Complain
) -> Iterator[tuple[int, str, str]]:
    """Yield line number, name (unquoted, folded) and value (in its external form) of each alias."""
    for number, line in utf8_lines(name, lines, rules.utf8, complain):
        tokens = tokenize(line)
        colon = tokens.index(_COLON) if _COLON in tokens else 0
        if colon == 0 or colon == len(tokens) - 1:
            complain(f"{name}, line {number}: need name:value pair{rules.ignoring}")
            continue
        if _AT in tokens[:colon]:
            reason = " and have no domain part" if rules.ignoring else ""
            complain(f"{name}, line {number}: name must be local{reason}{rules.ignoring}")
            continue
        key = internal_text(tokens[:colon])
        yield number, fold_text(key, rules.utf8) if rules.fold else key, external_text(tokens[colon + 1 :])
