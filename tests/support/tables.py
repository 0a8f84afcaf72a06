"""Lookup tables for tests: a log that keeps its lines, contexts, a table that must not be asked on a loop."""

from __future__ import annotations

from pymail.tables.base import TableError
from pymail.tables.context import TableContext


class Lines:
    """A log that keeps what it is told, as `severity: text`."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def warning(self, text: str, *args: object) -> None:
        self.lines.append("warning: " + (text % args if args else text))

    def error(self, text: str, *args: object) -> None:
        self.lines.append("error: " + (text % args if args else text))

    def info(self, text: str) -> None:
        self.lines.append(text)


def make_context(
    log: Lines | None = None, *, surrogates: bool = True, utf8: bool = True, in_loop: bool = False
) -> TableContext:
    """Return a context; *surrogates* as in a daemon."""
    return TableContext(log or Lines(), surrogates=surrogates, utf8=utf8, in_loop=in_loop)


class RemoteFake:
    """A blocking table with the given entries; `broken` keys fail. Counts how it was asked."""

    blocking = True
    owner = None

    def __init__(self, entries: dict[str, str], *, fixed: bool = True, spec: str = "remote:x") -> None:
        self.spec = spec
        self.fixed = fixed
        self.entries = entries
        self.asked: list[str] = []
        self.blocked = 0

    def lookup(self, key: str) -> str | None:
        self.blocked += 1
        return self._get(key)

    async def find(self, key: str) -> str | None:
        return self._get(key)

    def _get(self, key: str) -> str | None:
        self.asked.append(key)
        if key.startswith("broken"):
            raise TableError(self.spec, "out of order")
        return self.entries.get(key)

    def changed(self) -> bool:
        return False
