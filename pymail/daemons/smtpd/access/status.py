"""Enhanced status codes of refusals: the right class, and the right detail for the role of the address.

Table authors write `550 5.1.1 ...` for a recipient; the same text in a sender table must become 5.1.7. RFC 3463 §3.2;
the mapping is Postfix's (smtpd_dsn_fix.c), so that its replies can be compared.
"""

from __future__ import annotations

import enum
from typing import Final


class Role(enum.Enum):
    """What a list judges, and what Postfix calls it in a reply ("... rejected:")."""

    CLIENT = "Client host"
    REVERSE_CLIENT = "Unverified Client host"
    HELO = "Helo command"
    SENDER = "Sender address"
    RECIPIENT = "Recipient address"
    DATA = "Data command"
    END_OF_DATA = "End-of-data"
    ETRN = "Etrn command"


#: Detail of x.1.y: for a sender, for a recipient. All others get 0; other roles always get x.0.0.
_ADDRESS_DETAILS: Final = {
    "1": ("7", "1"),
    "2": ("8", "2"),
    "3": ("7", "3"),
    "4": ("7", "4"),
    "5": ("0", "5"),
    "6": ("7", "6"),
    "7": ("7", "3"),
    "8": ("8", "2"),
}


def with_code_class(status: str, code: int) -> str:
    """Return *status* with the class digit of the reply code."""
    return f"{code // 100}{status[1:]}"


def fit_role(status: str, role: Role) -> str:
    """Return *status* as it fits an object of *role*."""
    digits = status.split(".")
    if digits[1] != "1":
        return status
    if role is Role.SENDER or role is Role.RECIPIENT:
        detail = _ADDRESS_DETAILS.get(digits[2], ("0", "0"))[role is Role.RECIPIENT]
        return f"{digits[0]}.1.{detail}"
    return f"{digits[0]}.0.0"
