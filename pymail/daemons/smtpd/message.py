"""One message on its way from the client to cleanup: the records, their order, and the Received: header.

The order of the records is Postfix's, since readers of queue files rely on it. Whatever happens, nothing is accepted
before cleanup said that the file is on disk.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from pymail.daemons.smtpd.access.facts import Actions, Facts
from pymail.daemons.smtpd.params import SmtpdParams
from pymail.ipc.cleanup import CleanupFlag, CleanupResult, CleanupStatus, reply_for
from pymail.ipc.errors import ServiceError
from pymail.mail.date import format_date
from pymail.mail.quoting import quote
from pymail.proto.record import RecordType, encode, encode_attribute, encode_lines, encode_text
from pymail.proto.smtp.command import MailArguments, RcptArguments
from pymail.proto.smtp.reply import Reply

#: cleanup flag records. Postfix: REC_TYPE_FLGS
_BARE_LF: Final = 65536
_FROM_LINE: Final = re.compile(rb">*From ")
_FULL_REPLY: Final = re.compile(r"[245]\d\d [245]\.\d{1,3}\.\d{1,3} ")


class Cleanup(Protocol):
    """A message at cleanup, or at postdrop: `pymail.ipc.cleanup.CleanupClient`."""

    queue_id: str

    def send(self, records: bytes) -> None:
        """Send encoded records; raises ServiceError."""

    @property
    def must_wait(self) -> bool:
        """True while the other side reads slower than we write."""

    async def drain(self) -> None:
        """Wait until it caught up; raises ServiceError."""

    async def finish(self) -> CleanupResult:
        """Wait for the verdict; raises ServiceError."""

    def cancel(self) -> None:
        """Hang up: the message is forgotten."""


#: Data of records that are shorter have a length of one octet.
_SHORT: Final = 128
#: Octets of records that are collected before they are sent.
_BUFFER_LIMIT: Final = 32 * 1024

#: Opens a message with cleanup flags.
OpenCleanup = Callable[[int], Awaitable[Cleanup]]


@dataclass(frozen=True, slots=True)
class Route:
    """What the records tell about the connection, made once for each session."""

    server_address: str
    server_port: str
    #: The client is one of local_header_rewrite_clients.
    is_local: bool
    #: Stand-alone: the receiver is postdrop, which wants to hear less.
    is_submission: bool = False


class DateCache:
    """The date in a Received: header, made once a second."""

    __slots__ = ("_second", "_text")

    def __init__(self) -> None:
        self._second = -1
        self._text = ""

    def format(self, now: int) -> str:
        """Return the local date of *now*."""
        if now != self._second:
            local = time.localtime(now)
            self._text = format_date(now, local.tm_gmtoff, local.tm_zone)
            self._second = now
        return self._text


def cleanup_flags(params: SmtpdParams) -> int:
    """Return what cleanup does with messages of this service (receive_override_options)."""
    flags = CleanupFlag.FILTER | CleanupFlag.BCC_OK | CleanupFlag.MAP_OK | CleanupFlag.SMTP_REPLY
    if not params.receive_override_options:
        return flags
    overrides = params.receive_override_options.replace(",", " ").split()
    if "no_header_body_checks" in overrides:
        flags &= ~CleanupFlag.FILTER
    if "no_address_mappings" in overrides:
        flags &= ~(CleanupFlag.MAP_OK | CleanupFlag.BCC_OK)
    return flags


@dataclass(slots=True)
class Message:
    """The message of one transaction, from MAIL to the end of its content."""

    params: SmtpdParams
    facts: Facts
    arguments: MailArguments
    arrival: float
    cleanup: Cleanup | None = None
    #: Octets of content so far, line ends counted as two.
    size: int = 0
    #: CleanupStatus bits that we have found ourselves.
    status: int = 0
    #: The service went away.
    failure: ServiceError | None = None
    #: The content has begun.
    has_content: bool = False
    _is_first: bool = True
    _buffer: list[bytes] = field(default_factory=list)
    _buffered: int = 0
    _recipient: str = ""

    @property
    def queue_id(self) -> str:
        """The queue ID, empty before the file is open."""
        return self.cleanup.queue_id if self.cleanup is not None else ""

    @property
    def only_recipient(self) -> str:
        """The recipient, where there is one only; the last one otherwise."""
        return self._recipient

    async def open(self, opener: OpenCleanup, route: Route) -> None:
        """Open the queue file, and send the envelope up to the recipients. Raises ServiceError."""
        flags = cleanup_flags(self.params)
        if self.arguments.smtputf8:
            flags |= CleanupFlag.SMTPUTF8
        self.cleanup = cleanup = await opener(flags)
        self._send(self._submission() if route.is_submission else self._envelope(cleanup.queue_id, route))

    def _send(self, records: bytes, *, at_once: bool = False) -> None:
        """Send records; few of them wait for more, since each write costs more than all that makes them."""
        self._buffer.append(records)
        self._buffered += len(records)
        if at_once or self._buffered > _BUFFER_LIMIT:
            cleanup = self.cleanup
            assert cleanup is not None
            data = b"".join(self._buffer)
            self._buffer.clear()
            self._buffered = 0
            cleanup.send(data)

    def _envelope(self, queue_id: str, route: Route) -> bytes:
        """Return the records from the arrival time to those about the client."""
        facts, client, arguments = self.facts, self.facts.client, self.arguments
        second = int(self.arrival)
        microsecond = int((self.arrival - second) * 1_000_000)
        records = [encode_text(RecordType.ARRIVAL_TIME, f"{second} {microsecond}")]
        if self.params.content_filter:
            records.append(encode_text(RecordType.FILTER, self.params.content_filter))
        context = [f"log_ident={queue_id}", f"rewrite_context={'local' if route.is_local else 'remote'}"]
        if arguments.envelope_id:
            context.append(f"envelope_id={arguments.envelope_id}")
        if arguments.ret:
            context.append(f"ret_flags={arguments.ret}")
        records.append(_attributes(context))
        records.append(encode_text(RecordType.SENDER, facts.sender or ""))
        about = [
            f"log_client_name={client.name}",
            f"log_client_address={client.address}",
            f"log_client_port={client.port}",
            f"log_message_origin={client.label}",
            f"log_helo_name={facts.helo}",
            f"log_protocol_name={facts.protocol}",
            f"client_name={client.name}",
            f"reverse_client_name={client.reverse_name}",
            f"client_address={client.address}",
            f"client_port={client.port}",
            f"server_address={route.server_address}",
            f"server_port={route.server_port}",
            f"helo_name={facts.helo}",
            f"protocol_name={facts.protocol}",
            # The numbers of AF_INET and AF_INET6.
            f"client_address_type={10 if ':' in client.address else 2}",
        ]
        if not facts.helo:
            about = [text for text in about if not text.startswith(("log_helo_name=", "helo_name="))]
        if arguments.encoding:
            about.insert(0, f"encoding={arguments.encoding}")
        records.append(_attributes(about))
        return b"".join(records)

    def _submission(self) -> bytes:
        """Return the records of an envelope for postdrop (queue-file: the maildrop file)."""
        arguments = self.arguments
        records = []
        if arguments.envelope_id:
            records.append(encode_attribute("envelope_id", arguments.envelope_id))
        if arguments.ret:
            records.append(encode_attribute("ret_flags", arguments.ret))
        records.append(encode_attribute("rewrite_context", "local"))
        records.append(encode_text(RecordType.SENDER, self.facts.sender or ""))
        if arguments.encoding:
            records.append(encode_attribute("encoding", arguments.encoding))
        return b"".join(records)

    def add_recipient(self, arguments: RcptArguments) -> None:
        """Send one recipient. Raises ServiceError."""
        self._recipient = arguments.address
        orcpt = arguments.orcpt
        if not orcpt:
            kind = "rfc822" if arguments.address.isascii() or not self.arguments.smtputf8 else "utf-8"
            orcpt = f"{kind};{quote(arguments.address)}"
        records = encode_attribute("dsn_orig_rcpt", orcpt) + encode_text(RecordType.RECIPIENT, arguments.address)
        if arguments.notify:
            records = encode_attribute("notify_flags", arguments.notify) + records
        self._send(records)

    def start_content(self, date: str) -> None:
        """Send the end of the envelope, the headers of PREPEND, and our Received: header. Raises ServiceError."""
        cleanup, actions = self.cleanup, self.facts.actions
        assert cleanup is not None
        self.has_content = True
        lines = [line.encode("utf-8", "surrogateescape") for text in actions.prepend for line in text.split("\n")]
        lines += self._received(cleanup.queue_id, date)
        records = encode(RecordType.MESSAGE) + encode_lines(lines, self.params.line_length_limit)
        self._send(_flags(actions) + records)

    def _received(self, queue_id: str, date: str) -> list[bytes]:
        """Return the lines of our trace header. RFC 5321 §4.4, RFC 3848 (the protocol names)."""
        facts, client = self.facts, self.facts.client
        address = f"IPv6:{client.address}" if ":" in client.address else client.address
        protocol = "UTF8SMTP" if self.arguments.smtputf8 else facts.protocol
        first = f"Received: from {facts.helo or client.name} ({client.name} [{address}])"
        second = f"\tby {self.params.myhostname} ({self.params.mail_name}) with {protocol} id {queue_id}"
        if facts.recipient_count == 1:
            text = f"{first}\n{second}\n\tfor <{quote(self._recipient)}>; {date}"
        else:
            text = f"{first}\n{second};\n\t{date}"
        return text.encode("utf-8", "surrogateescape").split(b"\n")

    def add_content(self, block: bytes) -> bool:
        """Send plain content. Returns True when the caller should wait for `drain` before it reads on."""
        lines = block.split(b"\n")
        self.size += len(block) + len(lines) - 1
        limit = self.params.message_size_limit
        if limit > 0 and self.size > limit:
            self.status |= CleanupStatus.SIZE
        if self.status or self.failure is not None or not block:
            return False
        cleanup = self.cleanup
        assert cleanup is not None
        tail = lines.pop()
        if self._is_first:
            lines = self._without_from_lines(lines, tail)
        line_limit = self.params.line_length_limit
        records = encode_lines(lines, line_limit)
        if tail:
            # The start of a line that goes on in the next block: whole pieces.
            pieces = range(0, len(tail), line_limit)
            records += b"".join([encode(RecordType.LONG_TEXT, tail[at : at + line_limit]) for at in pieces])
        try:
            self._send(records)
        except ServiceError as error:
            self.failure = error
            return False
        return cleanup.must_wait

    def _without_from_lines(self, lines: list[bytes], tail: bytes) -> list[bytes]:
        """Turn UNIX From_ lines at the start into headers; keep a first line with blanks out of our own header."""
        at = 0
        while at < len(lines) and _FROM_LINE.match(lines[at]):
            lines[at] = b"X-Mailbox-Line: " + lines[at]
            at += 1
        if at == len(lines) and not tail:
            return lines
        self._is_first = False
        if (lines[at] if at < len(lines) else tail)[:1] in (b" ", b"\t"):
            lines.insert(at, b"")
        return lines

    async def drain(self) -> None:
        """Wait until cleanup caught up."""
        if self.cleanup is not None and self.failure is None:
            try:
                await self.cleanup.drain()
            except ServiceError as error:
                self.failure = error

    def note_bare_linefeed(self) -> None:
        """The content had a bare LF, and that is forbidden."""
        self.status |= _BARE_LF

    async def finish(self) -> CleanupResult:
        """End the message; with a fault of our own finding cleanup is told to forget it."""
        cleanup, actions = self.cleanup, self.facts.actions
        assert cleanup is not None
        if self.failure is not None:
            self.cancel()
            return CleanupResult(CleanupStatus.WRITE, "")
        if self.status:
            self.cancel()
            return CleanupResult(self.status, "")
        records = encode(RecordType.EXTRACTED)
        if actions.content_filter:
            records += encode_text(RecordType.FILTER, actions.content_filter)
        if actions.redirect:
            records += encode_text(RecordType.REDIRECT, actions.redirect)
        for address in actions.bcc:
            # 1: NOTIFY=NEVER. Differs from Postfix, which sends it behind the recipient.
            records += encode_attribute("notify_flags", 1) + encode_text(RecordType.RECIPIENT, address)
        try:
            self._send(records + _flags(actions) + encode(RecordType.END), at_once=True)
            return await cleanup.finish()
        except ServiceError as error:
            self.failure = error
            return CleanupResult(CleanupStatus.WRITE, "")
        finally:
            self.cleanup = None

    def cancel(self) -> None:
        """Forget the message."""
        if self.cleanup is not None:
            self.cleanup.cancel()
            self.cleanup = None
        self._buffer.clear()


def _attributes(texts: list[str]) -> bytes:
    """Return `name=value` texts as attribute records. Nearly always all are short ASCII, and encoded at once."""
    if max(map(len, texts)) < _SHORT and "".join(texts).isascii():
        # Up to 127 a length is one octet, and its own encoding.
        return "".join([f"A{len(text):c}{text}" for text in texts]).encode()
    return b"".join([encode_text(RecordType.ATTRIBUTE, text) for text in texts])


def _flags(actions: Actions) -> bytes:
    """Return the record with cleanup flags that access tables want; nothing without any."""
    flags = (CleanupFlag.HOLD if actions.hold else 0) | (CleanupFlag.DISCARD if actions.discard else 0)
    return encode_text(RecordType.FLAGS, str(flags)) if flags else b""


def final_reply(result: CleanupResult, queue_id: str, params: SmtpdParams, chunked: int = -1) -> Reply:
    """Return the answer to the end of the content; *chunked*: the octets of the message, if it came by BDAT."""
    status = result.status
    if status == CleanupStatus.OK:
        text = "Ok" if chunked < 0 else f"Ok: {chunked} bytes"
        return Reply(250, (f"2.0.0 {text}{':' if chunked < 0 else ''} queued as {queue_id}",))
    if status & _BARE_LF:
        code = params.smtpd_forbid_bare_newline_reject_code
        return Reply(code, (f"5.5.2 {params.myhostname} Error: bare <LF> received",))
    detail = reply_for(status)
    reason = result.reason
    if _FULL_REPLY.match(reason):
        return Reply.of(int(reason[:3]), reason[4:])
    if reason:
        return Reply.of(detail.code, reason)
    return Reply(detail.code, (f"{detail.dsn} Error: {detail.text}",))
