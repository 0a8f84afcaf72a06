"""The event lines of the SMTP server, in Postfix's words (3.12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

NO_QUEUE_ID: Final = "NOQUEUE"


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose request it is; addresses in the form of info_log_address_format, `None`: not known."""

    queue_id: str
    #: The command that is being processed, "RCPT".
    where: str
    #: `name[address]`.
    client: str
    sender: str | None = None
    recipient: str | None = None
    protocol: str = ""
    helo: str | None = None


def connect(client: str) -> str:
    """A client has connected."""
    return f"connect from {client}"


def disconnect(client: str, counts: Mapping[str, Sequence[int]], *, bare_linefeed: bool = False) -> str:
    """The session is over. *counts*: by command, in order of display: how many succeeded, and of how many."""
    parts = [f"disconnect from {client}"]
    succeeded = total = 0
    for name, (good, number) in counts.items():
        if number:
            parts.append(f"{name}={good}" if good == number else f"{name}={good}/{number}")
            succeeded += good
            total += number
    parts.append(f"commands={succeeded}" if total and succeeded == total else f"commands={succeeded}/{total}")
    if bare_linefeed:
        parts.append("notes=bare_lf")
    return " ".join(parts)


def accepted_for_queue(queue_id: str, client: str) -> str:
    """The queue file is open: with the first recipient."""
    return f"{queue_id}: client={client}"


def ended_early(reason: str, queue_id: str, where: str, client: str, size: int | None = None) -> str:
    """The session ended in the middle: "lost connection", "timeout", "too many errors". *size*: content so far."""
    octets = "" if size is None else f" ({size} bytes)"
    return f"{queue_id}: {reason} after {where}{octets} from {client}"


def improper_pipelining(where: str, client: str, data: str) -> str:
    """The client sent ahead where it may not; *data* is escaped."""
    return f"improper command pipelining after {where} from {client}: {data}"


def non_smtp_command(client: str, line: str) -> str:
    """A client that speaks another protocol. (A warning.)"""
    return f"non-SMTP command from {client}: {line}"


def illegal_address(client: str, command: str, text: str) -> str:
    """An argument that is no address. (A warning.)"""
    return f"Illegal address syntax from {client} in {command} command: {text}"


def long_request(client: str, limit: int, start: str) -> str:
    """A command line over the limit. (A warning.)"""
    return f"{client}: request longer than {limit}: {start}..."


def size_exceeded(queue_id: str) -> str:
    """The content is over message_size_limit. (A warning.)"""
    return f"{queue_id}: queue file size limit exceeded"


def access(action: str, origin: Origin, text: str) -> str:
    """A decision of the access lists; *action* is `reject`, `reject_warning`, `hold`, `discard`, `info` ..."""
    parts = [f"{origin.queue_id}: {action}: {origin.where} from {origin.client}: {text};"]
    if origin.sender is not None:
        parts.append(f"from=<{origin.sender}>")
    if origin.recipient is not None:
        parts.append(f"to=<{origin.recipient}>")
    if origin.protocol:
        parts.append(f"proto={origin.protocol}")
    if origin.helo is not None:
        parts.append(f"helo=<{origin.helo}>")
    return " ".join(parts)


def local_error(queue_id: str, where: str, client: str, hostname: str) -> str:
    """Cleanup or another service is away."""
    return f"{queue_id}: reject: {where} from {client}: 421 4.3.0 {hostname} Server local data error"


def mapped_status(given: str, role: str, mapped: str) -> str:
    """An enhanced status for one kind of address was used for another. Postfix: smtpd_dsn_fix.c"""
    return f"mapping DSN status {given} into {role} status {mapped}"


def discarded_keywords(keywords: str) -> str:
    """EHLO keywords are not announced."""
    return f"discarding EHLO keywords: {keywords}"
