"""A warning about a configuration file, as a value. Light.

The config package logs nothing: callers log a Diagnostic's str() as a warning.
"""

from __future__ import annotations


class Diagnostic:
    """A warning about a place in a file. Line 0: the file as a whole."""

    __slots__ = ("line", "path", "text")

    def __init__(self, path: str, line: int, text: str) -> None:
        self.path = path
        self.line = line
        self.text = text

    def __str__(self) -> str:
        return located(self.path, self.line, self.text)

    def __repr__(self) -> str:
        return f"Diagnostic({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Diagnostic) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


def located(path: str, line: int, text: str) -> str:
    """Return *text* with its place before it, in Postfix's form."""
    if line:
        return f"{path}, line {line}: {text}"
    return f"{path}: {text}" if path else text
