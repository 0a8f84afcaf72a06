"""Results of pattern tables: text with `$1`, `${1}`, `$(1)` and `$$`."""

from __future__ import annotations

from dataclasses import dataclass

from pymail.tables.source import Complain

_CLOSING = {"{": "}", "(": ")"}


class ReplacementError(ValueError):
    """A result that cannot be used; the complaint was made already."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """A result: texts and, between them, numbers of subexpressions."""

    parts: tuple[str | int, ...]

    @property
    def highest(self) -> int:
        """The highest subexpression that is used; 0 when there is none."""
        return max((part for part in self.parts if isinstance(part, int)), default=0)

    @property
    def literal(self) -> str:
        """The text of a result without subexpressions."""
        return "".join(part for part in self.parts if isinstance(part, str))

    def expand(self, groups: list[bytes]) -> str:
        """Return the text with what the subexpressions matched."""
        return "".join(
            part if isinstance(part, str) else groups[part].decode("utf-8", "surrogateescape") for part in self.parts
        )


def parse_replacement(where: str, text: str, complain: Complain) -> Replacement:
    """Return the parts of *text*; *where* begins the complaints. Raises ReplacementError."""
    parts: list[str | int] = []
    position = 0
    while True:
        dollar = text.find("$", position)
        if dollar < 0:
            parts.append(text[position:])
            return Replacement(tuple(part for part in parts if part != ""))
        parts.append(text[position:dollar])
        name, position = _macro_name(text, dollar + 1, complain)
        if name == "$":
            parts.append("$")
            continue
        if not name.isascii() or not name.isdigit():
            complain(f'{where}: non-numeric replacement index "{name}"')
            raise ReplacementError
        number = int(name[:9])
        if number < 1:
            complain(f'{where}: out-of-range replacement index "{name}"')
            raise ReplacementError
        parts.append(number)


def _macro_name(text: str, start: int, complain: Complain) -> tuple[str, int]:
    """Return the name after a `$`, and where the text goes on; `$$` gives the name `$`."""
    kind = text[start : start + 1]
    if kind == "$":
        return "$", start + 1
    if kind in _CLOSING:
        end = text.find(_CLOSING[kind], start)
        if end < 0:
            complain(f'truncated macro reference: "{text}"')
            raise ReplacementError
        return text[start + 1 : end], end + 1
    end = start
    while end < len(text) and (text[end] == "_" or (text[end].isascii() and text[end].isalnum())):
        end += 1
    if end == start:
        complain(f'empty macro name: "{text}"')
        raise ReplacementError
    return text[start:end], end
