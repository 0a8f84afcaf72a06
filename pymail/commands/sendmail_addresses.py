"""Addresses and names on sendmail's command line. Light: what needs no parser does without."""

from __future__ import annotations

import pwd

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

#: Characters that mean something in an RFC 5322 address list; a word without them is one address.
_SPECIAL: Final = frozenset('()<>,;:\\"[] ')


def parse_addresses(text: str) -> list[str]:
    """Return the addresses in *text* in internal spelling; `<>` and a text without an address give [""]."""
    if text.isascii() and text.isprintable() and _SPECIAL.isdisjoint(text):
        return [text]
    from pymail.mail.address_list import extract_addresses  # here: it is costly to load

    return extract_addresses(text) or [""]


def full_name(entry: pwd.struct_passwd | None, environ: Mapping[str, str]) -> str | None:
    """Return the user's name from NAME, or from the account's comment field (where & stands for the login name)."""
    name = environ.get("NAME")
    if name is not None:
        return name
    if entry is None:
        return None
    comment = entry.pw_gecos.partition(",")[0]
    login = entry.pw_name
    return comment.replace("&", login[:1].upper() + login[1:])


def one_line(text: str) -> str:
    """Return *text* with control characters replaced by blanks."""
    return "".join(char if char >= " " and char != "\x7f" else " " for char in text)
