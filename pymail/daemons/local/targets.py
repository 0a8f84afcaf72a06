"""What an alias lists: addresses, commands, files and include files. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pymail.mail.address_list import Address, parse_list
from pymail.mail.address_token import external_text


class TargetKind(Enum):
    """The four things that may stand in an alias."""

    ADDRESS = "address"
    COMMAND = "|command"
    FILE = "/file"
    INCLUDE = ":include:"


@dataclass(frozen=True, slots=True)
class Target:
    """One member. *text* is the address in external form, the command, or the path."""

    kind: TargetKind
    text: str


def parse_targets(value: str) -> list[Target]:
    """Return the members that *value* (the result of an alias lookup) lists; an empty list means a useless alias.

    What is quoted loses its quotes before it is looked at: `"|prog a"`, `"/a b"` (aliases(5)).
    """
    return [_target(item) for item in parse_list(value) if isinstance(item, Address)]


def _target(address: Address) -> Target:
    text = address.internal
    if text.startswith("|"):
        return Target(TargetKind.COMMAND, text[1:].strip())
    if text.startswith("/"):
        return Target(TargetKind.FILE, text)
    if text.lower().startswith(":include:"):
        return Target(TargetKind.INCLUDE, text[len(":include:") :].strip())
    return Target(TargetKind.ADDRESS, external_text(address.tokens))
