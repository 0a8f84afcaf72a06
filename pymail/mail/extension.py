"""Address extensions: `user+ext` split at the recipient delimiter, and put back."""

from __future__ import annotations

from typing import Final

#: Local parts that never have an extension, in lower case. double_bounce_sender is added by the caller.
RESERVED: Final = frozenset({"mailer-daemon", "postmaster", "double-bounce"})


def split_extension(
    local: str, delimiters: str, *, reserved: frozenset[str] = RESERVED, owner_request_special: bool = True
) -> tuple[str, str | None]:
    """Split a local part after its user name at the first character of *delimiters*: `(user, extension)`.

    The extension is None when there is none, and comes without the delimiter (`delimiter_of` finds it). A delimiter at
    the very beginning does not split. Names in *reserved* are never split, and with *owner_request_special*, neither
    are `owner-x` and `x-request` when `-` is a delimiter (local(8), owner_request_special).
    """
    if not delimiters:
        return local, None
    position = _first_delimiter(local, delimiters)
    if position <= 0:
        return local, None
    folded = local.lower()
    if folded in reserved:
        return local, None
    if "-" in delimiters and owner_request_special and (folded.startswith("owner-") or folded.endswith("-request")):
        return local, None
    return local[:position], local[position + 1 :]


def delimiter_of(local: str, delimiters: str) -> str:
    """Return the character at which `split_extension` splits; empty when there is none."""
    position = _first_delimiter(local, delimiters)
    return local[position] if position > 0 else ""


def extension_with_delimiter(local: str, user: str) -> str:
    """Return what follows *user* in *local*: the delimiter and the extension."""
    return local[len(user) :]


def _first_delimiter(local: str, delimiters: str) -> int:
    found = [position for position in map(local.find, delimiters) if position >= 0]
    return min(found, default=-1)


def add_extension(address: str, extension: str) -> str:
    """Insert *extension* (with its delimiter) after the local part of an internal address."""
    if not extension:
        return address
    local, at, domain = address.rpartition("@")
    return f"{local}{extension}@{domain}" if at else f"{domain}{extension}"
