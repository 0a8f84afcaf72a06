"""The sender of one delivery of a VERP message: the recipient is in it, so that a bounce tells whose mail failed."""

from __future__ import annotations


def is_verp_delimiters(text: str, allowed: str) -> bool:
    """Tell whether *text* is two characters of verp_delimiter_filter."""
    return len(text) == 2 and text[0] in allowed and text[1] in allowed


def verp_sender(sender: str, recipient: str, delimiters: str) -> str:
    """Return `prefix+user=domain@origin` for `prefix@origin`, `user@domain` and `+=`. Addresses in internal form."""
    prefix, at, origin = sender.rpartition("@")
    if not at:
        prefix, origin = origin, ""
    user, has_domain, domain = recipient.rpartition("@")
    coded = f"{user}{delimiters[1]}{domain}" if has_domain else recipient
    return f"{prefix}{delimiters[0]}{coded}{at}{origin}"
