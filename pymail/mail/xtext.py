"""RFC 3461 §4 xtext, and the address forms of the DSN parameters ENVID and ORCPT."""

from __future__ import annotations

import re
from typing import Final

#: As Postfix takes it: a bare `=` and lower-case digits, which RFC 3461 does not allow, stand for themselves.
_XCHARS: Final = re.compile(r"[!-*,-<>-~]*")
_XCHAR_TEXT: Final = re.compile(r"(?:[!-*,-~]|\+[0-9A-Fa-f]{2})*")
_HEX_PAIR: Final = re.compile(r"\+([0-9A-Fa-f]{2})")
#: RFC 6533 §3 utf-8-addr-xtext and utf-8-addr-unitext escapes.
_UNITEXT_ESCAPE: Final = re.compile(r"\\x\{([1-9A-F][0-9A-F]{0,5}|0[0-9A-F])\}")


class DsnError(Exception):
    """A DSN parameter or status does not follow its grammar."""


def encode_xtext(text: str) -> str:
    """Encode *text* (its UTF-8 octets) so that only xchars and `+XX` remain."""
    if _XCHARS.fullmatch(text):
        return text
    octets = text.encode("utf-8", "surrogateescape")
    return "".join(chr(octet) if 33 <= octet <= 126 and octet not in b"+=" else f"+{octet:02X}" for octet in octets)


def decode_xtext(text: str) -> str:
    """Decode *text*. Raises DsnError: a character outside printable ASCII, or a bad `+XX`."""
    if not _XCHAR_TEXT.fullmatch(text):
        raise DsnError("malformed xtext")
    if "+" not in text:
        return text
    octets = _HEX_PAIR.sub(lambda match: chr(int(match[1], 16)), text).encode("latin-1")
    return octets.decode("utf-8", "surrogateescape")


def decode_unitext(text: str) -> str:
    """Decode the `\\x{HEX}` escapes of an ORCPT of type utf-8. Raises DsnError (RFC 6533 §3)."""

    def character(match: re.Match[str]) -> str:
        code = int(match[1], 16)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            raise DsnError("malformed unitext")
        return chr(code)

    decoded = _UNITEXT_ESCAPE.sub(character, text)
    if "\\" in _UNITEXT_ESCAPE.sub("", text):
        raise DsnError("malformed unitext")
    return decoded


def encode_unitext(text: str, *, ascii_only: bool = False) -> str:
    """Encode for an ORCPT of type utf-8; with *ascii_only* every non-ASCII character is escaped too."""

    def escape(char: str) -> str:
        if char in "\\+=" or char <= " " or char == "\x7f" or (ascii_only and char > "~"):
            return f"\\x{{{ord(char):02X}}}"
        return char

    return "".join(map(escape, text))
