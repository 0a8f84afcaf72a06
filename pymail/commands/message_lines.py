"""Cut a message into what header and body checks see: logical headers, then body lines. postmap -h and -b."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

_HEADER: Final = re.compile(r"[!-9;-~]+[ \t]*:")


def message_lines(lines: Iterable[str], *, header: bool, body: bool) -> Iterator[str]:
    """Yield each logical header (with *header*) and each body line (with *body*), the empty line between included."""
    current: list[str] = []
    in_header = True
    for line in lines:
        if in_header:
            if current and line.startswith((" ", "\t")):
                current.append(line)
                continue
            if current and header:
                yield "\n".join(current)
            current = []
            if _HEADER.match(line):
                current = [line]
                continue
            in_header = False
        if body:
            yield line
    if current and header:
        yield "\n".join(current)
