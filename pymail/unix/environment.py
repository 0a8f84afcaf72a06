"""The environment of a started program: only what import_environment or export_environment names."""

from __future__ import annotations

from collections.abc import Mapping


def filtered(environ: Mapping[str, str], names: str) -> dict[str, str]:
    """Return the environment that the list *names* describes: `name` passes, `name=value` is set.

    Postfix: clean_env.c. Elements are separated by white space and commas; `{ name = value }` may hold both.
    """
    result: dict[str, str] = {}
    for element in _elements(names):
        name, equals, value = element.partition("=")
        if equals:
            result[name.strip()] = value.strip()
        elif element in environ:
            result[element] = environ[element]
    return result


def _elements(text: str) -> list[str]:
    elements: list[str] = []
    rest = text
    while rest:
        rest = rest.lstrip(" \t\r\n,")
        if rest.startswith("{") and "}" in rest:
            inner, _brace, rest = rest[1:].partition("}")
            elements.append(inner.strip())
            continue
        end = next((place for place, char in enumerate(rest) if char in " \t\r\n,"), len(rest))
        if end:
            elements.append(rest[:end])
        rest = rest[end:]
    return elements
