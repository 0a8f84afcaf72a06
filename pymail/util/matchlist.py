"""The words of a list-valued parameter: separated by commas and white space, grouped by braces, negated by `!`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

SEPARATORS: Final = ", \t\r\n"
_SEPARATED: Final = re.compile(r"[^, \t\r\n]+")


class MatchListError(Exception):
    """A brace is not closed."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One word of a match list; *negated* when it had an odd number of `!`."""

    text: str
    negated: bool = False


def split_list(value: str) -> list[str]:
    """Split at commas and white space; braces mean nothing."""
    return _SEPARATED.findall(value)


def split_list_braces(value: str) -> list[str]:
    """Split at commas and white space outside `{}`; braces stay in the words. Raises MatchListError."""
    if "{" not in value:
        return _SEPARATED.findall(value)
    words: list[str] = []
    position = 0
    while position < len(value):
        if value[position] in SEPARATORS:
            position += 1
            continue
        end = _word_end(value, position)
        words.append(value[position:end])
        position = end
    return words


def _word_end(value: str, start: int) -> int:
    depth = 0
    for position in range(start, len(value)):
        char = value[position]
        if char == "{":
            depth += 1
        elif char == "}":
            depth = max(depth - 1, 0)
        elif depth == 0 and char in SEPARATORS:
            return position
    if depth:
        raise MatchListError(f"missing '}}' in \"{value[start:]}\"")
    return len(value)


def strip_braces(word: str) -> str:
    """Return the inside of `{ ... }` without the blanks around it; another word as it is."""
    if len(word) >= 2 and word[0] == "{" and word[-1] == "}":
        return word[1:-1].strip()
    return word


def parse_pattern(word: str) -> Pattern:
    """Take the leading `!` of a word away."""
    text = word.lstrip("!")
    return Pattern(text, (len(word) - len(text)) % 2 == 1)


def parse_match_list(value: str) -> list[Pattern]:
    """Split a match list. Raises MatchListError."""
    return [parse_pattern(word) for word in split_list_braces(value)]
