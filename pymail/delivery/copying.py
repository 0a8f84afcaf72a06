"""What a mailbox gets: the header lines that a final delivery adds, then the message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pymail.ipc.delivery import DeliveryRequest
from pymail.mail.quoting import quote
from pymail.queue.content import content_chunks, content_lines
from pymail.util.text import to_bytes

_FROM_LINE: Final = re.compile(rb"^(?=From )", re.MULTILINE)
_DELIVERED_TO: Final = b"delivered-to:"


@dataclass(frozen=True, slots=True)
class TopLines:
    """The header lines that go above the message; empty ones are left out. Addresses in internal form."""

    sender: str
    original: str
    recipient: str

    def encode(self) -> bytes:
        """Return Return-Path:, X-Original-To: and Delivered-To:."""
        lines = [f"Return-Path: <{quote(self.sender)}>"]
        if self.original:
            lines.append(f"X-Original-To: {quote(self.original)}")
        if self.recipient:
            lines.append(f"Delivered-To: {quote(self.recipient)}")
        return to_bytes("".join(f"{line}\n" for line in lines).replace("\r", "?"))


def message_blocks(file: int, request: DeliveryRequest) -> Iterator[bytes]:
    """Yield the message with LF line ends; raises CorruptFileError, OSError."""
    return content_chunks(file, request.offset)


def mbox_blocks(file: int, request: DeliveryRequest) -> Iterator[bytes]:
    """The same with `>` before each line that looks like the start of another message (mbox)."""
    at_line_start = True
    for block in content_chunks(file, request.offset):
        quoted = _FROM_LINE.sub(b">", block)
        # The pattern takes the start of a block for the start of a line, which it may not be.
        if not at_line_start and quoted.startswith(b">From ") and block.startswith(b"From "):
            quoted = quoted[1:]
        yield quoted
        at_line_start = block.endswith(b"\n")


def delivered_to(file: int, request: DeliveryRequest) -> frozenset[str]:
    """Return the addresses of the Delivered-To: header fields, in lower case: who has had this message before."""
    found = set()
    for line in content_lines(file, request.offset):
        if not line:
            break
        if line[: len(_DELIVERED_TO)].lower() == _DELIVERED_TO:
            found.add(line[len(_DELIVERED_TO) :].strip().decode("utf-8", "surrogateescape").lower())
    return frozenset(found)
