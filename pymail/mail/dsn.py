"""Delivery status: enhanced status codes (RFC 3463), and the DSN service extension (RFC 3461) as values.

NOTIFY and RET are kept as the bit masks and numbers that queue files and delivery requests hold.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pymail.mail.xtext import DsnError, decode_unitext, decode_xtext

NOTIFY_NEVER: Final = 1
NOTIFY_SUCCESS: Final = 2
NOTIFY_FAILURE: Final = 4
NOTIFY_DELAY: Final = 8
NOTIFY_NAMES: Final = {
    "NEVER": NOTIFY_NEVER,
    "SUCCESS": NOTIFY_SUCCESS,
    "FAILURE": NOTIFY_FAILURE,
    "DELAY": NOTIFY_DELAY,
}

RET_FULL: Final = 1
RET_HDRS: Final = 2
RET_NAMES: Final = {"FULL": RET_FULL, "HDRS": RET_HDRS}

#: Classes 2, 4 and 5; subject and detail up to three digits (RFC 3463 §2).
_STATUS: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}", re.ASCII)
_STATUS_AND_TEXT: Final = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:[ \t]+(.*)|)", re.ASCII | re.DOTALL)
#: RFC 3461 §4.2: at most 500 characters follow `ORCPT=`; §4.4: at most 100 follow `ENVID=`.
ORCPT_LIMIT: Final = 500
ENVID_LIMIT: Final = 100


@dataclass(frozen=True, slots=True)
class Dsn:
    """What happened to a recipient, as the bounce services and the log tell it."""

    status: str
    reason: str
    action: str = ""
    diag_type: str = ""
    diag_text: str = ""
    mta_type: str = ""
    mta_name: str = ""


def valid_status(text: str) -> bool:
    """Tell whether *text* is exactly one enhanced status code."""
    return _STATUS.fullmatch(text) is not None


def split_status(text: str, default: str) -> tuple[str, str]:
    """Split `X.Y.Z text` into status and text; without a leading status give *default* and the whole text."""
    match = _STATUS_AND_TEXT.fullmatch(text.lstrip())
    if match is None:
        return default, text
    return match[1], (match[2] or "").lstrip()


def status_class(status: str) -> int:
    """Return the first digit of a status: 2, 4 or 5; 0 when it is no status."""
    return int(status[0]) if valid_status(status) else 0


def with_class(status: str, digit: int) -> str:
    """Return *status* with its class replaced (a 5.x.x that soft_bounce turns into 4.x.x)."""
    return f"{digit}{status[1:]}"


def valid_notify(mask: int) -> bool:
    """Tell whether *mask* is 0 (not given), NEVER alone, or some of the other three."""
    return mask == NOTIFY_NEVER or (mask & ~(NOTIFY_SUCCESS | NOTIFY_FAILURE | NOTIFY_DELAY)) == 0


def parse_notify(text: str) -> int:
    """Parse `NEVER` or `SUCCESS,FAILURE,DELAY` in any letter case. Raises DsnError."""
    mask = 0
    for name in text.split(","):
        bit = NOTIFY_NAMES.get(name.strip().upper(), 0)
        if not bit:
            raise DsnError("bad NOTIFY value")
        mask |= bit
    if not valid_notify(mask):
        raise DsnError("bad NOTIFY value")
    return mask


def format_notify(mask: int) -> str:
    """Return the NOTIFY value for *mask*; empty for 0."""
    return ",".join(name for name, bit in NOTIFY_NAMES.items() if mask & bit)


def parse_ret(text: str) -> int:
    """Parse `FULL` or `HDRS` in any letter case. Raises DsnError."""
    try:
        return RET_NAMES[text.upper()]
    except KeyError:
        raise DsnError("bad RET value") from None


def format_ret(value: int) -> str:
    """Return the RET value for a number; empty for 0."""
    return "FULL" if value & RET_FULL else "HDRS" if value & RET_HDRS else ""


def parse_envid(text: str) -> str:
    """Decode an ENVID value. Raises DsnError: bad xtext, empty, too long, or not printable (RFC 3461 §4.4)."""
    if len(text) > ENVID_LIMIT:
        raise DsnError("ENVID too long")
    decoded = decode_xtext(text)
    if not decoded or any(char != "\t" and not " " <= char <= "~" for char in decoded):
        raise DsnError("bad ENVID value")
    return decoded


def parse_orcpt(text: str) -> str:
    """Decode an ORCPT value `type;xtext` and return `type;address`. Raises DsnError (RFC 3461 §4.2, RFC 6533 §3)."""
    if len(text) > ORCPT_LIMIT:
        raise DsnError("ORCPT too long")
    kind, separator, encoded = text.partition(";")
    if not separator or not kind or not encoded:
        raise DsnError("bad ORCPT value")
    if not re.fullmatch(r"[A-Za-z0-9-]+", kind):
        raise DsnError("bad ORCPT address type")
    if kind.lower() == "utf-8":
        return f"{kind};{decode_orcpt_utf8(encoded)}"
    return f"{kind};{decode_xtext(encoded)}"


def decode_orcpt_utf8(encoded: str) -> str:
    """Decode the address of an `utf-8;` ORCPT: unitext as it is, or xtext around it."""
    return decode_unitext(decode_xtext(encoded) if encoded.isascii() else encoded)
