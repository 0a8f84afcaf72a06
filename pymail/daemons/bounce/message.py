"""The report itself: header, text for a person, fields for programs, and the message or its header. Pure.

A multipart/report (RFC 3462) with message/delivery-status (RFC 3464), or the message/global forms (RFC 6533) when the
original needed SMTPUTF8.
"""

from __future__ import annotations

from dataclasses import dataclass

from pymail.daemons.bounce import text
from pymail.daemons.bounce.notice import Kind, Notice
from pymail.daemons.bounce.original import Original
from pymail.mail.quoting import quote
from pymail.queue.logs import LogEntry
from pymail.util.text import printable


@dataclass(frozen=True, slots=True)
class Facts:
    """What all reports of one request share. Dates are ready RFC 5322 texts; *sender* is the original's."""

    queue_id: str
    hostname: str
    mail_name: str
    sender: str
    envelope_id: str
    boundary: str
    arrival: str
    retry_until: str
    lifetime: int
    size_limit: int
    utf8: bool

    @property
    def shown_sender(self) -> str:
        """The sender, or the address that stands for the empty one."""
        return quote(self.sender) if self.sender else f"MAILER-DAEMON@{self.hostname}"


def compose(notice: Notice, entries: list[LogEntry], facts: Facts, original: Original) -> list[bytes]:
    """Return the lines of the report from From: on, without line ends."""
    lines = [
        "From: Mail Delivery System <MAILER-DAEMON>",
        f"Subject: {text.subject(notice)}",
        f"To: {quote(notice.recipient)}",
        f"Auto-Submitted: {'auto-generated' if notice.to_postmaster else 'auto-replied'}",
        "MIME-Version: 1.0",
        "Content-Type: multipart/report; report-type=delivery-status;",
        f'\tboundary="{facts.boundary}"',
        "Content-Transfer-Encoding: 8bit",
        "",
        "This is a MIME-encapsulated message.",
        "",
        f"--{facts.boundary}",
        "Content-Description: Notification",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        *text.body(notice, entries, facts.hostname, facts.lifetime),
        f"--{facts.boundary}",
        *_status_part(notice, entries, facts),
        "",
        f"--{facts.boundary}",
    ]
    end = ["", f"--{facts.boundary}--"]
    return [*map(_octets, lines), *_returned_part(notice, facts, original), *map(_octets, end)]


def _octets(line: str) -> bytes:
    return line.encode("utf-8", "surrogateescape")


def _status_part(notice: Notice, entries: list[LogEntry], facts: Facts) -> list[str]:
    kind = "utf-8" if not facts.shown_sender.isascii() else "rfc822"
    lines = ["Content-Description: Delivery report"]
    if facts.utf8:
        lines += ["Content-Type: message/global-delivery-status", "Content-Transfer-Encoding: 8bit"]
    else:
        lines.append("Content-Type: message/delivery-status")
    lines += ["", f"Reporting-MTA: dns; {facts.hostname}"]
    if facts.envelope_id:
        lines += text.fold(f"Original-Envelope-Id: {printable(facts.envelope_id)}")
    lines += [
        f"X-{facts.mail_name}-Queue-ID: {facts.queue_id}",
        f"X-{facts.mail_name}-Sender: {kind}; {printable(facts.shown_sender)}",
        f"Arrival-Date: {facts.arrival}",
        "",
    ]
    for entry in entries:
        lines += [*_recipient_fields(notice, entry, facts), ""]
    return lines


def _recipient_fields(notice: Notice, entry: LogEntry, facts: Facts) -> list[str]:
    recipient, dsn = entry.recipient, entry.dsn
    kind = "rfc822" if recipient.address.isascii() else "utf-8"
    lines = [f"Final-Recipient: {kind}; {printable(quote(recipient.address))}"]
    if recipient.dsn_orig_rcpt:
        lines.append(f"Original-Recipient: {printable(recipient.dsn_orig_rcpt)}")
    elif recipient.original:
        kind = "rfc822" if recipient.original.isascii() else "utf-8"
        lines.append(f"Original-Recipient: {kind};{printable(quote(recipient.original))}")
    action = "failed" if notice.kind is Kind.FAILURE else dsn.action
    lines += [f"Action: {action}", f"Status: {dsn.status}"]
    if dsn.mta_type and dsn.mta_name:
        lines.append(f"Remote-MTA: {dsn.mta_type}; {printable(dsn.mta_name)}")
    if dsn.diag_type and dsn.diag_text:
        lines += text.fold(f"Diagnostic-Code: {dsn.diag_type}; {printable(dsn.diag_text)}")
    else:
        lines += text.fold(f"Diagnostic-Code: X-{facts.mail_name}; {printable(dsn.reason)}")
    if notice.kind is Kind.DELAY:
        lines.append(f"Will-Retry-Until: {facts.retry_until}")
    return lines


def _returned_part(notice: Notice, facts: Facts, original: Original) -> list[bytes]:
    whole = notice.whole_message and original.size <= facts.size_limit
    what = "Undelivered Message" if notice.kind in (Kind.FAILURE, Kind.DELAY) else "Message"
    if whole:
        content_type = "message/global" if facts.utf8 else "message/rfc822"
    else:
        what += " Headers"
        content_type = "message/global-headers" if facts.utf8 else "text/rfc822-headers"
    head = [f"Content-Description: {what}", f"Content-Type: {content_type}", "Content-Transfer-Encoding: 8bit"]
    lines = [*map(_octets, head), b"", _octets(f"Return-Path: <{facts.shown_sender if facts.sender else ''}>")]
    lines += original.header
    if whole:
        lines += [b"", *original.body]
    return lines
