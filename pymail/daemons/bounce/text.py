"""The words of the reports, for a person who reads them. Pure."""

from __future__ import annotations

import textwrap
from typing import Final

from pymail.daemons.bounce.notice import Kind, Notice
from pymail.mail.quoting import quote
from pymail.queue.logs import LogEntry
from pymail.util.text import printable

_WIDTH: Final = 79
_DAY: Final = 86400

SUBJECTS: Final = {
    Kind.FAILURE: "Undelivered Mail Returned to Sender",
    Kind.DELAY: "Delayed Mail (still being retried)",
    Kind.SUCCESS: "Successful Mail Delivery Report",
    Kind.PROBE: "Mail Delivery Status Report",
}
COPY_SUBJECTS: Final = {
    Kind.FAILURE: "Postmaster Copy: Undelivered Mail",
    Kind.DELAY: "Postmaster Warning: Delayed Mail",
}

_FAILURE: Final = (
    "Your message could not be delivered to the recipients that are listed below. The reason is given with each "
    "of them. The message itself, or its header, is attached.",
    "Should you need help, please forward this report to the postmaster, and leave out of it what is private.",
)
_DELAY: Final = (
    "THIS IS ONLY A WARNING: YOU DO NOT NEED TO SEND YOUR MESSAGE AGAIN.",
    "Your message is still waiting to be delivered to the recipients that are listed below. Delivery is tried again "
    "until the message is {lifetime} old; if that does not help, you get another report.",
)
_SUCCESS: Final = (
    "You asked to be told: your message was delivered to the recipients that are listed below. Where it was passed to "
    "a system that sends no such reports, this is the last that you hear of it.",
)
_PROBE: Final = ("This is the report on mail delivery that you asked for.",)
_COPY: Final = ("This is a copy, for the postmaster, of a report about mail that was not delivered.",)

_PROSE: Final = {Kind.FAILURE: _FAILURE, Kind.DELAY: _DELAY, Kind.SUCCESS: _SUCCESS, Kind.PROBE: _PROBE}


def subject(notice: Notice) -> str:
    """Return the Subject: of a report."""
    if notice.to_postmaster:
        return COPY_SUBJECTS.get(notice.kind, SUBJECTS[notice.kind])
    return SUBJECTS[notice.kind]


def duration(seconds: int) -> str:
    """Return a time in words: `5 days`."""
    for unit, name in ((_DAY, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= unit:
            count = seconds // unit
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"


def body(notice: Notice, entries: list[LogEntry], hostname: str, lifetime: int) -> list[str]:
    """Return the lines for a person: an introduction, and a paragraph per recipient."""
    prose = _COPY if notice.to_postmaster else _PROSE[notice.kind]
    lines = [f"This is the mail system at host {hostname}.", ""]
    for paragraph in prose:
        lines += [*textwrap.wrap(paragraph.format(lifetime=duration(lifetime)), 65), ""]
    if not notice.to_postmaster:
        lines += ["                   The mail system", ""]
    for entry in entries:
        lines += [*recipient_paragraph(entry), ""]
    return lines


def recipient_paragraph(entry: LogEntry) -> list[str]:
    """Return `<address>: reason`, folded."""
    recipient = entry.recipient
    address = printable(quote(recipient.address))
    expanded = ""
    if recipient.original and recipient.original.lower() != recipient.address.lower():
        expanded = f" (expanded from <{printable(quote(recipient.original))}>)"
    return fold(f"<{address}>{expanded}: {printable(entry.dsn.reason)}")


def fold(text: str) -> list[str]:
    """Fold *text* at blanks; continuations are indented by four. Words that are too long stay whole."""
    return textwrap.wrap(text, _WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False) or [""]
