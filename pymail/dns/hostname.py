"""Tell host names from other text: what Postfix takes as a name before it asks the DNS, and in what the DNS answers.

Letters, digits, hyphen and underscore in labels of 63 octets at most, 255 in all, no empty label, not all digits and
dots; non-ASCII letters stand for an internationalised name (RFC 5890).
"""

from __future__ import annotations

import re
from typing import Final

NAME_LIMIT: Final = 255  # octets, RFC 1035 §2.3.4
LABEL_LIMIT: Final = 63  # octets, RFC 1035 §2.3.4

_LABEL: Final = r"(?!-)[A-Za-z0-9_\u0080-\U0010ffff-]{1,63}(?<!-)"
_NAME: Final = re.compile(rf"(?![0-9.]+\Z){_LABEL}(?:\.{_LABEL})*")


def is_hostname(name: str) -> bool:
    """Tell whether *name* can be a host or domain name (no final dot)."""
    return len(name) <= NAME_LIMIT and _NAME.fullmatch(name) is not None and (name.isascii() or name.isprintable())
