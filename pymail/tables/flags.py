"""The numbers that stand for table options in the proxymap protocol (those of Postfix's dictionary library)."""

from __future__ import annotations

from typing import Final

from pymail.tables.base import TableOptions

FIXED: Final = 1 << 4
PATTERN: Final = 1 << 5
LOCK: Final = 1 << 6
NO_REGSUB: Final = 1 << 11
FOLD_FIX: Final = 1 << 14
UTF8_REQUEST: Final = 1 << 19
UTF8_ACTIVE: Final = 1 << 20

#: Types whose keys are patterns: asked once, with the whole key.
PATTERN_TYPES: Final = frozenset({"regexp", "pcre", "cidr", "tcp"})


def is_fixed_type(kind: str) -> bool:
    """Return True when keys of this type are compared as strings."""
    return kind not in PATTERN_TYPES


def instance_flags(options: TableOptions) -> int:
    """Return what a client asks for."""
    return (
        LOCK
        | (FOLD_FIX if options.fold else 0)
        | (UTF8_REQUEST if options.utf8 else 0)
        | (0 if options.substitution else NO_REGSUB)
    )


def options_of(flags: int) -> TableOptions:
    """Return the options that a client asked for."""
    return TableOptions(
        fold=bool(flags & FOLD_FIX), utf8=bool(flags & UTF8_REQUEST), substitution=not flags & NO_REGSUB
    )


def reply_flags(flags: int, *, fixed: bool, utf8: bool) -> int:
    """Return the flags of an open table."""
    active = UTF8_ACTIVE if utf8 and flags & UTF8_REQUEST else 0
    return flags | (FIXED if fixed else PATTERN) | active
