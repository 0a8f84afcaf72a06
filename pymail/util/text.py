"""Text that comes from outside: to and from octets, made printable, cut.

Start-up light: the log of the command-line programs uses it.
"""

from __future__ import annotations


def to_text(octets: bytes) -> str:
    """Decode UTF-8; octets that are no UTF-8 become lone surrogates, so that `to_bytes` gives them back."""
    return octets.decode("utf-8", "surrogateescape")


def to_bytes(text: str) -> bytes:
    """Encode as UTF-8, the inverse of `to_text`. A lone surrogate that stands for no octet becomes `?`."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return "".join(char if _is_encodable(char) else "?" for char in text).encode("utf-8", "surrogateescape")


def _is_encodable(char: str) -> bool:
    return not "\ud800" <= char <= "\udfff" or "\udc80" <= char <= "\udcff"


def printable(text: str, replacement: str = "?", *, utf8: bool = True) -> str:
    """Replace control characters and octets that are no UTF-8; without *utf8*, each octet outside printable ASCII."""
    if text.isascii() and text.isprintable():
        return text
    if utf8:
        return "".join(char if _is_text(char) else replacement for char in text)
    return "".join(char if " " <= char <= "~" else replacement * len(to_bytes(char)) for char in text)


def _is_text(char: str) -> bool:
    """Tell whether *char* is neither a control character (C0, DEL, C1) nor a lone surrogate."""
    return " " <= char <= "~" or (char > "\x9f" and not "\ud800" <= char <= "\udfff")


def cut(text: str, limit: int) -> str:
    """Return *text* cut to at most *limit* octets of UTF-8, never inside a character."""
    if limit <= 0:
        return ""
    if len(text) * 4 <= limit or (len(text) <= limit and text.isascii()):
        return text
    octets = to_bytes(text)
    if len(octets) <= limit:
        return text
    start = end = limit
    while start > 0 and end - start < 3 and octets[start] & 0xC0 == 0x80:
        start -= 1
    if octets[start] >= 0xC0:  # a character that begins here would be cut in two
        end = start
    return to_text(octets[:end])
