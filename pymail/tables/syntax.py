"""The syntax of table names: `type:name`, `{ text }`, `name = value`. Pure; lists are split by `util.matchlist`."""

from __future__ import annotations

import re
from typing import Final

#: What C's isspace() takes. Never `str.split()` or `str.strip()` alone: their white space is all of Unicode's.
BLANKS: Final = " \t\r\n\v\f"
_WORD: Final = re.compile(rf"[{BLANKS}]*([^{BLANKS}]*)")


def first_word(text: str) -> tuple[str, str]:
    """Return the first word of *text*, and what stands behind the blanks after it."""
    found = _WORD.match(text)
    assert found is not None  # it matches the empty text
    return found[1], text[found.end() :].strip(BLANKS)


class BraceError(ValueError):
    """Text that is not exactly one pair of balanced braces; str() is Postfix's words."""


def inside_braces(text: str) -> str:
    """Return what stands between the braces around *text*, without white space at its ends; raises BraceError."""
    if not text.startswith("{"):
        raise BraceError(f"no '{{' at start of text in \"{text}\"")
    depth = 0
    for position, character in enumerate(text):
        if character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                if text[position + 1 :].strip(BLANKS):
                    raise BraceError(f"syntax error after '}}' in \"{text}\"")
                return text[1:position].strip(BLANKS)
    raise BraceError(f"missing '}}' in \"{text}\"")


def split_pair(text: str) -> tuple[str, str] | None:
    """Return name and value of `name = value`, or None when there is no such thing."""
    name, equals, value = text.partition("=")
    name = name.strip(BLANKS)
    if not equals or any(blank in name for blank in BLANKS):
        return None
    return name, value.strip(BLANKS)


def split_spec(spec: str) -> tuple[str, str] | None:
    """Return type and name of `type:name`, or None when *spec* has no such form."""
    kind, colon, name = spec.partition(":")
    if not colon or not kind or not name:
        return None
    return kind, name
