"""The two spellings of an address: internal (no quotes) and external (RFC 5322 §3.4.1 local-part quoting).

Daemons, queue files and tables hold the internal spelling: `a b@example.com`. Headers, SMTP commands and the *rewrite*
request hold the external spelling: `"a b"@example.com`. The domain is the text after the last `@`; it is never quoted.
Text is `str`; octets above 127 stand for themselves in both spellings.
"""

from __future__ import annotations

import re
from typing import Final

#: RFC 5322 §3.2.3 dot-atom with every non-ASCII character allowed (RFC 6532).
_DOT_ATOM: Final = re.compile(r"""[^\x00-\x20()<>@,;:\\".\[\]\x7f]+(?:\.[^\x00-\x20()<>@,;:\\".\[\]\x7f]+)*""")
_ESCAPED: Final = re.compile(r"""(["\\\r])""")
_ESCAPE: Final = re.compile(r"""\\(.?)|\"""", re.DOTALL)


def split_address(address: str) -> tuple[str, str | None]:
    """Split an internal address at its last `@`; the domain is None when there is no `@`."""
    local, at, domain = address.rpartition("@")
    return (local, domain) if at else (domain, None)


def quote_local(local: str) -> str:
    """Return *local* as a dot-atom or a quoted string; the empty local part is `""`."""
    if _DOT_ATOM.fullmatch(local):
        return local
    return '"' + _ESCAPED.sub(r"\\\1", local) + '"'


def quote(address: str) -> str:
    """Return the external spelling of an internal address; the null address stays empty."""
    if not address:
        return ""
    local, at, domain = address.rpartition("@")
    if at:
        return address if _DOT_ATOM.fullmatch(local) else f"{quote_local(local)}@{domain}"
    return quote_local(domain)


def unquote(address: str) -> str:
    """Return the internal spelling of an external address: quotes and backslashes go, in the local part only."""
    if '"' not in address and "\\" not in address:
        return address
    end = _domain_start(address)
    return _ESCAPE.sub(lambda match: match[1] or "", address[:end]) + address[end:]


def _domain_start(address: str) -> int:
    """Offset of the `@` before the domain (the last one outside quotes), or the length when there is none."""
    at = address.rfind("@")
    if at >= 0 and not _inside_quotes(address, at):
        return at
    return len(address)


def _inside_quotes(text: str, offset: int) -> bool:
    quoted = False
    position = 0
    while position < offset:
        if text[position] == "\\":
            position += 1
            if position == offset:
                return True
        elif text[position] == '"':
            quoted = not quoted
        position += 1
    return quoted
