"""SMTP service extensions: their keywords, and what a server's EHLO reply offers.

RFC 5321 §4.1.1.1; the keywords are those that Postfix knows.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from typing import Final

from pymail.proto.smtp.reply import Reply


class Extension(enum.Enum):
    """A service extension, by its EHLO keyword."""

    __hash__ = object.__hash__  # members are alone; the hash of Enum is Python code and much slower

    PIPELINING = "PIPELINING"
    SIZE = "SIZE"
    VRFY = "VRFY"
    ETRN = "ETRN"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    XCLIENT = "XCLIENT"
    XFORWARD = "XFORWARD"
    ENHANCEDSTATUSCODES = "ENHANCEDSTATUSCODES"
    EIGHTBITMIME = "8BITMIME"
    DSN = "DSN"
    SMTPUTF8 = "SMTPUTF8"
    CHUNKING = "CHUNKING"
    REQUIRETLS = "REQUIRETLS"


_BY_KEYWORD: Final = {extension.value: extension for extension in Extension}
_SEPARATOR: Final = re.compile(r"[\s,]+")


@dataclass(frozen=True, slots=True)
class Offer:
    """What the server said in its answer to EHLO or LHLO."""

    #: The extensions that we know, each with its parameters.
    extensions: dict[Extension, tuple[str, ...]] = field(default_factory=dict)
    #: The host name in the first line.
    server_name: str = ""

    def __contains__(self, extension: Extension) -> bool:
        return extension in self.extensions

    @property
    def size_limit(self) -> int:
        """The largest message in octets; 0: none, or not told."""
        parameters = self.extensions.get(Extension.SIZE, ())
        return int(parameters[0]) if parameters and parameters[0].isascii() and parameters[0].isdigit() else 0


def read_offer(reply: Reply, discard: frozenset[Extension] = frozenset()) -> Offer:
    """Read the answer to EHLO; the keywords of *discard* are not seen (smtp_discard_ehlo_keywords)."""
    extensions: dict[Extension, tuple[str, ...]] = {}
    for line in reply.lines[1:]:
        # "AUTH=LOGIN" is how servers before RFC 2554 say it.
        words = line.replace("=", " ", 1).split() if line[:5].upper() == "AUTH=" else line.split()
        extension = _BY_KEYWORD.get(words[0].upper()) if words else None
        if extension is not None and extension not in discard:
            extensions[extension] = extensions.get(extension, ()) + tuple(words[1:])
    first = reply.lines[0].split() if reply.lines else []
    return Offer(extensions, first[0] if first else "")


def parse_keywords(text: str) -> tuple[frozenset[Extension], tuple[str, ...]]:
    """Read a list of EHLO keywords to discard; return them, and the words that are none.

    The word "silent-discard" is Postfix's switch for logging; it is among the others that are returned.
    """
    known: set[Extension] = set()
    unknown: list[str] = []
    for word in _SEPARATOR.split(text.strip()):
        if word:
            extension = _BY_KEYWORD.get(word.upper())
            if extension is None:
                unknown.append(word)
            else:
                known.add(extension)
    return frozenset(known), tuple(unknown)
