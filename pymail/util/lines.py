"""Join physical lines to the logical lines of main.cf, master.cf and text tables.

A line that starts with white space continues the one before it, as it stands. Empty lines, lines of white space only,
and lines whose first non-blank character is "#" are skipped, also between continuation lines. Pure and light.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

#: What C's isspace() takes, without the newline.
BLANKS = " \t\r\v\f"
SPACES = BLANKS + "\n"


def logical_lines(
    physical: Iterable[str], on_misplaced: Callable[[int, str], None] | None = None
) -> Iterator[tuple[int, str]]:
    """Yield each logical line with the number of its first physical line (1 is the first).

    A continuation line without a line to continue is left out, and given to *on_misplaced* (Postfix warns about it).
    Physical lines may end in a newline or not.
    """
    for numbers, text in grouped_lines(physical, on_misplaced):
        yield numbers[0], text


def grouped_lines(
    physical: Iterable[str], on_misplaced: Callable[[int, str], None] | None = None
) -> Iterator[tuple[list[int], str]]:
    """Yield each logical line as `logical_lines` does, with the numbers of all its physical lines: for editors."""
    numbers: list[int] = []
    parts: list[str] = []
    misplaced = False
    number = 0
    for line in physical:
        number += 1
        text = line.rstrip("\n")
        start = text.lstrip(SPACES)[:1]
        if not start or start == "#":
            continue
        continues = text[0] in BLANKS
        if continues and parts:
            numbers.append(number)
            parts.append(text)
            continue
        if parts and not misplaced:
            yield numbers, "".join(parts)
        numbers, parts, misplaced = [number], [text], continues
        if misplaced and on_misplaced is not None:
            on_misplaced(number, text)
    if parts and not misplaced:
        yield numbers, "".join(parts)


def misplaced_text(line: str) -> str:
    """Return Postfix's words for a continuation line that has nothing to continue."""
    return f'logical line must not start with whitespace: "{line}"'


def split_assignment(text: str) -> tuple[str, str]:
    """Return name and value of "name = value", both without white space around.

    Raises:
        ValueError: with Postfix's words for what is missing.
    """
    stripped = text.strip(SPACES)
    name, equals, value = stripped.partition("=")
    words = name.split()
    if not words and equals:
        raise ValueError(f'missing attribute name: "{stripped}"')
    if len(words) != 1 or not equals:
        raise ValueError(f"missing '=' after attribute name: \"{stripped}\"")
    return words[0], value.strip(SPACES)
