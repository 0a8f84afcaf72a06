"""Expand $name in main.cf values and in the templates that other daemons fill in.

The syntax is Postfix's: `$name`, `${name}`, `$(name)`, `$$`, `${name?text}`, `${name:text}`, `${name?{text}:{text}}`,
`${{text} op {text} ? {text} : {text}}` with == != < <= >= > (numbers when both sides are digits, else strings), the
same operators with the suffix `level` for compatibility levels, and `${function{text}}`. Pure and light.
"""

from __future__ import annotations

from pymail.util.lines import SPACES
from pymail.util.units import MAXIMUM_SIZE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Lookup = Callable[[str], "str | None"]
    Functions = Mapping[str, Callable[[str], str]]

#: As Postfix: a value that refers to itself ends here.
MAXIMUM_NESTING = 100

NAME_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
CLOSING = {"{": "}", "(": ")"}
#: The longer operators first, so that "<=" is not taken for "<".
OPERATORS = ("==", "!=", "<=", ">=", "<", ">")


class MacroError(ValueError):
    """The text is not well formed, or it refers to itself. str() is Postfix's warning."""


def expand(
    text: str, lookup: Lookup, *, recursive: bool = True, functions: Functions | None = None, first: str = ""
) -> str:
    """Return *text* with each macro replaced by what *lookup* gives; a name without a value becomes nothing.

    With *recursive*, the values are expanded in turn (main.cf); without it they stand as they are (command templates).
    *first* names the parameter whose value this is, for the message about one that refers to itself.

    Raises:
        MacroError: bad syntax, or more than 100 levels.
    """
    if "$" not in text:
        return text
    return _Expander(lookup, recursive, functions or {}).text(text, 0, first)


def parse_level(text: str) -> tuple[int, int, int]:
    """Return major, minor and patch of a compatibility level: "2", "3.6", "3.6.1".

    Raises:
        MacroError: any other form.
    """
    parts = text.strip(SPACES).split(".")
    if len(parts) > 3 or not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        raise MacroError(f'malformed compatibility level syntax: "{text}"')
    major, minor, patch = [int(part) for part in parts] + [0] * (3 - len(parts))
    return major, minor, patch


class _Expander:
    """One expansion: where names are looked up, and what may be done with them."""

    __slots__ = ("functions", "lookup", "recursive")

    def __init__(self, lookup: Lookup, recursive: bool, functions: Functions) -> None:
        self.lookup = lookup
        self.recursive = recursive
        self.functions = functions

    def text(self, text: str, level: int, name: str) -> str:
        if level > MAXIMUM_NESTING:
            raise MacroError(f'unreasonable macro call nesting: "{name}"')
        parts = []
        position = 0
        while (dollar := text.find("$", position)) >= 0:
            parts.append(text[position:dollar])
            start = dollar + 1
            kind = text[start : start + 1]
            if kind == "$":
                parts.append("$")
                position = start + 1
            elif kind in CLOSING:
                position = _group_end(text, start, f'truncated macro reference: "{text}"')
                parts.append(self._macro(text[start + 1 : position - 1], level))
            else:
                position = _name_end(text, start)
                if position == start:
                    raise MacroError(f'empty macro name: "{text}"')
                parts.append(self._value(text[start:position], level))
        parts.append(text[position:])
        return "".join(parts)

    def _value(self, name: str, level: int) -> str:
        value = self.lookup(name)
        if value is None:
            return ""
        if self.recursive and "$" in value:
            return self.text(value, level + 1, name)
        return value

    def _macro(self, body: str, level: int) -> str:
        """Expand what stands between the outer braces."""
        start = _skip(body, 0)
        if body[start : start + 1] == "{":
            result, position = self._comparison(body, start, level)
            holds = bool(result)
            name = ""
        else:
            position = _name_end(body, start)
            name = body[start:position]
            if not name:
                raise MacroError(f'empty macro name: "{body}"')
            result = None
            if body[position : position + 1] == "{" and name in self.functions:
                end = _group_end(body, position, f'truncated macro reference: "{body}"')
                result = self.functions[name](self.text(body[position + 1 : end - 1], level + 1, name))
                position = end
        position = _skip(body, position)
        choice = body[position : position + 1]
        if not choice:
            return self._value(name, level) if result is None else result
        if choice not in "?:":
            if name:
                raise MacroError(_at("attribute name syntax error", body, position))
            raise MacroError(_at('"?" or ":" expected', body, position))
        if name:
            holds = bool(self.lookup(name) if result is None else result)
        chosen = _choose(body, position, holds)
        return self.text(chosen, level + 1, name) if "$" in chosen else chosen

    def _comparison(self, body: str, start: int, level: int) -> tuple[str, int]:
        """Return "true" or nothing, and where the expression ends."""
        left_end = _group_end(body, start, _at("unbalanced {}", body, start))
        position = _skip(body, left_end)
        for operator in OPERATORS:
            if body.startswith(operator, position):
                break
        else:
            expected = '"==" or "!="" or "<"" or "<="" or ">="" or ">" expected'  # the odd quotes are Postfix's
            raise MacroError(_at(expected, body, position))
        suffix_start = position + len(operator)
        suffix_end = _name_end(body, suffix_start)
        suffix = body[suffix_start:suffix_end]
        if suffix not in ("", "level"):
            raise MacroError(_at("bad operator suffix", body, suffix_start))
        position = _skip(body, suffix_end)
        if body[position : position + 1] != "{":
            raise MacroError(_at('"{expression}" expected', body, position))
        end = _group_end(body, position, _at("unbalanced {}", body, position))
        left = self.text(body[start + 1 : left_end - 1], level + 1, "")
        right = self.text(body[position + 1 : end - 1], level + 1, "")
        return ("true" if _compare(left, operator, right, suffix == "level") else ""), end


def _skip(text: str, position: int) -> int:
    """Return the place of the first character from *position* on that is not white space."""
    length = len(text)
    while position < length and text[position] in SPACES:
        position += 1
    return position


def _name_end(text: str, position: int) -> int:
    length = len(text)
    while position < length and text[position] in NAME_CHARACTERS:
        position += 1
    return position


def _group_end(text: str, start: int, error: str) -> int:
    """Return the place after the brace that closes the one at *start*."""
    opening = text[start]
    closing = CLOSING[opening]
    depth = 0
    position = start
    while True:
        end = text.find(closing, position)
        if end < 0:
            raise MacroError(error)
        depth += text.count(opening, position, end) - 1
        position = end + 1
        if depth == 0:
            return position


def _at(what: str, body: str, position: int) -> str:
    left = body[:position].rstrip(SPACES) if body[position : position + 1] not in SPACES else body[:position]
    return f'{what} at: "...{left}>>>{body[position : position + 20]}"'


def _choose(body: str, position: int, holds: bool) -> str:
    """Return the text that "?" or ":" at *position* selects, unexpanded."""
    wanted = holds if body[position] == "?" else not holds
    start = _skip(body, position + 1)
    if body[start : start + 1] != "{":
        return body[position + 1 :] if wanted else ""
    end = _group_end(body, start, _at("unbalanced {}", body, start))
    first = body[start + 1 : end - 1]
    rest = _skip(body, end)
    if rest == len(body):
        return first if wanted else ""
    if body[position] == ":":
        raise MacroError(_at("unexpected input", body, rest))
    if body[rest] != ":":
        raise MacroError(_at('":" expected', body, rest))
    start = _skip(body, rest + 1)
    second = body[start:]
    if second[:1] == "{":
        end = _group_end(body, start, _at("unbalanced {}", body, start))
        second = body[start + 1 : end - 1]
        rest = _skip(body, end)
        if rest != len(body):
            raise MacroError(_at("unexpected input", body, rest))
    return first if wanted else second


def _compare(left: str, operator: str, right: str, as_level: bool) -> bool:
    if as_level:
        return _ordered(parse_level(left), operator, parse_level(right))
    if left.isascii() and right.isascii() and left.isdigit() and right.isdigit():
        for digits in (left, right):
            if len(digits) > 20 or int(digits) > MAXIMUM_SIZE:
                raise MacroError(f"mac_exp_eval: bad conversion: {digits}")
        return _ordered((int(left),), operator, (int(right),))
    return _ordered((left,), operator, (right,))


def _ordered(left: tuple[object, ...], operator: str, right: tuple[object, ...]) -> bool:
    """Compare two tuples of the same shape, of numbers or of strings."""
    if operator == "==":
        return left == right
    if operator == "!=":
        return left != right
    less = left < right
    if operator == "<":
        return less
    if operator == ">=":
        return not less
    return (less or left == right) == (operator == "<=")
