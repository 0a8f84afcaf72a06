"""Command-line options as getopt(3) takes them: up to the first argument, or up to `--`. Light.

The standard library's getopt loads message catalogues and regular expressions: too much for the short-lived commands.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class OptionError(Exception):
    """An option is unknown, or its value is missing; str() is what getopt(3) prints."""


def parse_options(arguments: Sequence[str], letters: str, alone: str = "") -> tuple[list[tuple[str, str]], list[str]]:
    """Split *arguments* into (letter, value) pairs and what follows the options.

    *letters* names the options, a colon behind a letter says that it takes a value. A letter in *alone* takes it
    from its own word only: `-q` has none, `-q30m` has one. Raises OptionError.
    """
    pairs: list[tuple[str, str]] = []
    index = 0
    while index < len(arguments):
        word = arguments[index]
        if len(word) < 2 or word[0] != "-":
            break
        index += 1
        if word == "--":
            break
        position = 1
        while position < len(word):
            letter = word[position]
            position += 1
            place = letters.find(letter)
            if place < 0 or letter == ":":
                raise OptionError(f"invalid option -- '{letter}'")
            if letters[place + 1 : place + 2] != ":":
                pairs.append((letter, ""))
                continue
            value = word[position:]
            if not value and letter not in alone:
                if index >= len(arguments):
                    raise OptionError(f"option requires an argument -- '{letter}'")
                value = arguments[index]
                index += 1
            pairs.append((letter, value))
            break
    return pairs, list(arguments[index:])
