"""The bounce, defer and trace logs of a message: what happened to its recipients, for the report to its sender.

A log is a text file, named by the queue ID, in the directory of the service (bounce, defer, trace). Each entry is a
paragraph of `name=value` lines between blank lines; with backwards compatibility its first line is `<address>: reason`,
which is all that Postfix before 2.0 wrote and read. Appended under an exclusive lock and synced; an entry that could
not be written whole is cut off again.
"""

from __future__ import annotations

import errno
import fcntl
import os
from dataclasses import dataclass
from typing import Final

from pymail.mail.dsn import Dsn
from pymail.mail.envelope import Recipient
from pymail.mail.quoting import quote, unquote
from pymail.util.text import printable

LOG_MODE: Final = 0o600
DIRECTORY_MODE: Final = 0o700
#: A log is read whole; 50000 recipients with long reasons stay below it.
LOG_LIMIT: Final = 256 << 20

#: What an entry means that does not say it: (status, action) by service; Postfix: bounce_log.c.
DEFAULTS: Final = {"defer": ("4.0.0", "delayed")}
DEFAULT: Final = ("5.0.0", "failed")


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What happened to one recipient; addresses in internal spelling."""

    recipient: Recipient
    dsn: Dsn


def encode_entry(entry: LogEntry, *, compatible: bool = True) -> bytes:
    """Return the paragraph; *compatible* adds the old line (backwards_bounce_logfile_compatibility)."""
    recipient, dsn = entry.recipient, entry.dsn
    address = _clean(quote(recipient.address)) if recipient.address else ""
    lines = [""]
    if compatible:
        lines.append(f"<{address}>: {_clean(dsn.reason)}")
    lines.append(f"recipient={address or '<>'}")
    if recipient.original and recipient.original.lower() != recipient.address.lower():
        lines.append(f"original_recipient={_clean(quote(recipient.original))}")
    if recipient.offset > 0:
        lines.append(f"offset={recipient.offset}")
    if recipient.dsn_orig_rcpt:
        lines.append(f"dsn_orig_rcpt={_clean(recipient.dsn_orig_rcpt)}")
    if recipient.notify:
        lines.append(f"notify_flags={recipient.notify}")
    if dsn.status:
        lines.append(f"status={_clean(dsn.status)}")
    if dsn.action:
        lines.append(f"action={_clean(dsn.action)}")
    if dsn.diag_type and dsn.diag_text:
        lines += (f"diag_type={_clean(dsn.diag_type)}", f"diag_text={_clean(dsn.diag_text)}")
    if dsn.mta_type and dsn.mta_name:
        lines += (f"mta_type={_clean(dsn.mta_type)}", f"mta_mname={_clean(dsn.mta_name)}")
    if dsn.reason:
        lines.append(f"reason={_clean(dsn.reason)}")
    lines += ("", "")
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _clean(text: str) -> str:
    return printable(text)


def append(path: str, entry: LogEntry, *, compatible: bool = True) -> None:
    """Append *entry* to the log at *path* and sync it; raises OSError, and then the log is as it was."""
    fd = _open(path)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        size = os.fstat(fd).st_size
        try:
            _write_all(fd, encode_entry(entry, compatible=compatible), size)
            os.fsync(fd)
        except OSError:
            os.ftruncate(fd, size)
            raise
    finally:
        os.close(fd)


def _open(path: str) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(path, flags, LOG_MODE)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), DIRECTORY_MODE, exist_ok=True)
        return os.open(path, flags, LOG_MODE)


def _write_all(fd: int, octets: bytes, offset: int) -> None:
    view = memoryview(octets)
    while view:
        written = os.write(fd, view)
        if not written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        view = view[written:]


def read(path: str, service: str = "bounce") -> list[LogEntry]:
    """Return the entries of the log at *path*; raises OSError (FileNotFoundError: there is none).

    *service* chooses what an entry means that has no status or action of its own.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(fd, "rb") as log:
        octets = log.read(LOG_LIMIT)
    return parse(octets, service)


def parse(octets: bytes, service: str = "bounce") -> list[LogEntry]:
    """Return the entries in the text of a log; what is no entry is left out."""
    text = octets.decode("utf-8", "surrogateescape")
    paragraphs = [paragraph for paragraph in text.split("\n\n") if paragraph.strip("\n")]
    entries = [_parse_entry(paragraph, service) for paragraph in paragraphs]
    return [entry for entry in entries if entry is not None]


def _parse_entry(paragraph: str, service: str) -> LogEntry | None:
    fields: dict[str, str] = {}
    for line in paragraph.split("\n"):
        if line.startswith("<") and ">: " in line:
            address, _, reason = line[1:].partition(">: ")
            fields["recipient"] = address or "<>"
            fields["reason"] = reason
        else:
            name, equals, value = line.partition("=")
            if equals:
                fields[name] = value
    if "recipient" not in fields:
        return None
    address = fields["recipient"]
    internal = "" if address == "<>" else unquote(address)
    status, action = DEFAULTS.get(service, DEFAULT)
    recipient = Recipient(
        internal,
        unquote(fields.get("original_recipient", "")) or internal,
        _number(fields.get("offset", "")),
        fields.get("dsn_orig_rcpt", ""),
        _number(fields.get("notify_flags", "")),
    )
    dsn = Dsn(
        status=fields.get("status", status),
        action=fields.get("action", action),
        reason=fields.get("reason", ""),
        diag_type=fields.get("diag_type", ""),
        diag_text=fields.get("diag_text", ""),
        mta_type=fields.get("mta_type", ""),
        mta_name=fields.get("mta_mname", ""),
    )
    return LogEntry(recipient, dsn)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def remove(path: str) -> bool:
    """Remove the log at *path*; False when there was none. Raises OSError."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    return True
