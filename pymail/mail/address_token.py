"""The one tokeniser of RFC 5322 addresses (§3.2, §3.4, with the obsolete forms of §4.4).

It accepts any text: what is not closed (comment, quoted string, domain literal) ends with the text. Two dialects:
a header body has comments and angle brackets; a bare address (the argument of a *rewrite* request) has not, there
they are text like any other.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pymail.mail.quoting import quote_local


class Kind(enum.Enum):
    """Kinds of token."""

    ATOM = "atom"
    QUOTED = "quoted string"
    LITERAL = "domain literal"
    COMMENT = "comment"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Token:
    """A token. Text: ATOM and QUOTED unescaped; LITERAL with brackets; COMMENT as written; OPERATOR its character."""

    kind: Kind
    text: str

    @property
    def is_operand(self) -> bool:
        """Tell whether it is a piece of an address, and no operator or comment."""
        return self.kind in _OPERANDS


_OPERANDS: Final = (Kind.ATOM, Kind.QUOTED, Kind.LITERAL)
_SPACE: Final = re.compile(r"[\x00\t\n\v\f\r ]+")
#: The `!` and `%` of old address forms are operators for us, as are the specials of RFC 5322.
_ATOM: Final = re.compile(r"""(?:[^\x00\t\n\v\f\r ()<>@,;:\\".\[\]!%]|\\.|\])+""", re.DOTALL)
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)(?:"|\\?\Z)', re.DOTALL)
_LITERAL: Final = re.compile(r"\[((?:[^\]\\]|\\.)*)(?:\]|\\?\Z)", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_COMMENT_STEP: Final = re.compile(r"[^()\\]*(?:\\.[^()\\]*)*", re.DOTALL)
_OPERATORS: Final = frozenset("@.!%:,;<>")
_OLD_OPERATORS: Final = frozenset("!%")


def tokenize(text: str, *, bare: bool = False) -> list[Token]:
    """Split *text* into tokens; white space only separates. *bare*: the dialect without comments."""
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        char = text[position]
        if space := _SPACE.match(text, position):
            position = space.end()
        elif char in _OPERATORS:
            tokens.append(Token(Kind.OPERATOR, char))
            position += 1
        elif match := _ATOM.match(text, position):
            tokens.append(Token(Kind.ATOM, _unescape(match[0])))
            position = match.end()
        elif char == "(":
            end = _comment_end(text, position)
            kind = Kind.ATOM if bare else Kind.COMMENT
            tokens.append(Token(kind, flat(text[position:end])))
            position = end
        elif match := _LITERAL.match(text, position):
            tokens.append(Token(Kind.LITERAL, f"[{_unescape(match[1])}]"))
            position = match.end()
        elif match := _QUOTED.match(text, position):
            tokens.append(Token(Kind.QUOTED, _unescape(match[1])))
            position = match.end()
        else:  # ")" or "\" that closes or escapes nothing
            if char == ")":
                tokens.append(Token(Kind.ATOM, char))
            position += 1
    return tokens


def flat(text: str) -> str:
    """Return *text* with each line break character replaced by a blank."""
    return text.replace("\r\n", "\n").replace("\n", " ") if "\n" in text else text


def _unescape(text: str) -> str:
    return flat(_ESCAPE.sub(r"\1", text) if "\\" in text else text)


def _comment_end(text: str, start: int) -> int:
    depth = 0
    position = start
    while position < len(text):
        char = text[position]
        if char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                return position + 1
        elif char == "\\":
            position += 1
        position += 1
        step = _COMMENT_STEP.match(text, position)
        if step is not None:
            position = step.end()
    return len(text)


def external_text(tokens: Iterable[Token], gap: str = " ") -> str:
    """Spell tokens as they stand in a header: operands that touch are separated by *gap*, each comma by a blank."""
    pieces: list[str] = []
    previous: Token | None = None
    for token in tokens:
        if previous is not None and (_needs_gap(previous, token) or previous.text == ","):
            pieces.append(gap if previous.text != "," else " ")
        pieces.append(_spell(token))
        previous = token
    return "".join(pieces)


def internal_text(tokens: Iterable[Token]) -> str:
    """Spell tokens without quotes, as daemons hold an address."""
    pieces: list[str] = []
    previous: Token | None = None
    for token in tokens:
        if previous is not None and (
            _needs_gap(previous, token) or (previous.kind is Kind.OPERATOR and previous.text == ",")
        ):
            pieces.append(" ")
        pieces.append(token.text)
        previous = token
    return "".join(pieces)


def _needs_gap(left: Token, right: Token) -> bool:
    if right.text != "<" and (
        (left.kind is Kind.ATOM and left.text.endswith("|")) or (right.kind is Kind.ATOM and right.text.startswith("|"))
    ):
        return False  # `|"command"` of an alias: Postfix takes the bar for an operator
    left_ends = left.is_operand or left.kind is Kind.COMMENT
    return left_ends and (right.is_operand or right.kind is Kind.COMMENT or right.text == "<")


def _spell(token: Token) -> str:
    match token.kind:
        case Kind.ATOM if _OLD_OPERATORS.isdisjoint(token.text):
            return quote_local(token.text)
        case Kind.ATOM | Kind.QUOTED:
            escaped = token.text.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
        case Kind.LITERAL:
            inside = token.text[1:-1].replace("\\", "\\\\").replace("]", "\\]")
            return f"[{inside}]"
        case Kind.COMMENT | Kind.OPERATOR:
            return token.text
