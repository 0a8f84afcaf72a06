"""Reading queue files: the records in their logical order, and the envelope as qmgr wants it.

Edits leave pointers in a file and garbage behind overwritten records, and put records physically after `E`: a file is
read by following pointers from its start, and ends at `E`. Whoever uses this module has the file open; nothing here
changes it. Raises CorruptFileError for what is no whole queue file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from pymail.mail.envelope import Recipient
from pymail.proto.record import (
    ENVELOPE_TYPES,
    EXTRACTED_TYPES,
    RecordError,
    RecordType,
    decode_long_length,
    split_attribute,
)

#: Octets read at a time; most envelopes need one read.
READ_SIZE: Final = 32 * 1024
#: More jumps backwards than this are a loop (Postfix, rec_goto).
REVERSE_JUMP_LIMIT: Final = 10000
#: The longest record that a queue file may hold in front of its content; text is cut at line_length_limit.
RECORD_LIMIT: Final = 1 << 20
#: SIZE record: six fields of 15 digits and the blanks between them.
SIZE_FIELDS: Final = 6
SIZE_DATA: Final = 95

#: SIZE record, field 4: recipients are mixed with other records; above it, all DSN notify masks.
QMGR_FLAG_MIXED: Final = 1
_QMGR_FLAGS_KNOWN: Final = 0x1F
_SIZE_FIELDS_MINIMUM: Final = 3


class CorruptFileError(Exception):
    """The file does not hold what a queue file must hold."""


def read_records(fd: int, offset: int = 0, *, follow: bool = True) -> Iterator[tuple[int, int, bytes]]:
    """Yield (offset, type, data) from *offset* on, up to and with `E`.

    With *follow*, pointers are followed and padding is skipped; else all is yielded as it stands, up to the end of the
    file. Raises CorruptFileError, OSError.
    """
    base = offset
    buffer = os.pread(fd, READ_SIZE, offset)
    position = 0
    jumped_to = -1
    reverse_jumps = 0
    while True:
        size = len(buffer)
        if size - position < 2:
            head = None
        else:
            record_type = buffer[position]
            length = buffer[position + 1]
            start = position + 2
            head = (length, start) if length < 128 else _long_length(buffer, position + 1)
        if head is None or head[0] + head[1] > size:
            wanted = READ_SIZE if head is None else max(READ_SIZE, head[0] + head[1] - position)
            if wanted > RECORD_LIMIT + READ_SIZE:
                raise CorruptFileError(f"record at offset {base + position} is too long")
            base += position
            had = size - position
            buffer = os.pread(fd, wanted, base)
            position = 0
            if len(buffer) <= had:
                if not buffer and not follow:
                    return
                raise CorruptFileError("unexpected end of file")
            continue
        length, start = head
        end = start + length
        data = buffer[start:end]
        if follow and record_type == RecordType.POINTER:
            target = _pointer(data)
            if target:
                if target <= jumped_to:
                    reverse_jumps += 1
                    if reverse_jumps > REVERSE_JUMP_LIMIT:
                        raise CorruptFileError("pointer records make a loop")
                jumped_to = target
                if base <= target < base + size:
                    position = target - base
                else:
                    base, position = target, 0
                    buffer = os.pread(fd, READ_SIZE, base)
                continue
        elif not follow or record_type != RecordType.PADDING:
            yield base + position, record_type, data
            if follow and record_type == RecordType.END:
                return
        position = end


def _long_length(buffer: bytes, offset: int) -> tuple[int, int] | None:
    try:
        return decode_long_length(buffer, offset)
    except RecordError as error:
        raise CorruptFileError(str(error)) from error


def _pointer(data: bytes) -> int:
    text = data.strip()
    if not text.isdigit():
        raise CorruptFileError(f"bad pointer record value {data[:20]!r}")
    return int(text)


@dataclass(frozen=True, slots=True)
class Sizes:
    """The SIZE record. Spans and offsets in octets of the queue file."""

    content_span: int = 0
    data_offset: int = 0
    recipient_count: int = 0
    qmgr_flags: int = 0
    #: The content as reachable through pointers; what the log calls `size`. 0 in files of old releases.
    content_length: int = 0
    send_options: int = 0

    def encode(self) -> bytes:
        """Return the data of the record."""
        return b"%15d %15d %15d %15d %15d %15d" % (
            self.content_span, self.data_offset, self.recipient_count, self.qmgr_flags, self.content_length,
            self.send_options,
        )  # fmt: skip

    @property
    def is_mixed(self) -> bool:
        """True when other records stand behind or between recipients."""
        return bool(self.qmgr_flags & QMGR_FLAG_MIXED)

    @property
    def notify(self) -> int:
        """All DSN notify masks, ORed."""
        return self.qmgr_flags >> 1

    @property
    def size(self) -> int:
        """The size for the log and for delivery requests."""
        return self.content_length or self.content_span


def parse_sizes(data: bytes) -> Sizes:
    """Return the SIZE record; raises CorruptFileError."""
    fields = data.split()
    try:
        values = [int(text) for text in fields[:SIZE_FIELDS]]
    except ValueError as error:
        raise CorruptFileError("malformed size record") from error
    if len(values) < _SIZE_FIELDS_MINIMUM:
        raise CorruptFileError("size record has too few fields")
    sizes = Sizes(*values)
    if sizes.data_offset <= 0 or sizes.content_span <= 0 or sizes.qmgr_flags & ~_QMGR_FLAGS_KNOWN:
        raise CorruptFileError("size record: message is incomplete")
    return sizes


@dataclass(slots=True)
class Envelope:
    """What a queue file says about its message, recipients apart. Offsets are 0 where there is no such record."""

    sizes: Sizes = field(default_factory=Sizes)
    arrival_time: float = 0.0
    create_time: int = 0
    sender: str | None = None
    full_name: str = ""
    content_filter: str = ""
    inspector: str = ""
    redirect: str = ""
    verp_delimiters: str = ""
    envelope_id: str = ""
    ret_flags: int = 0
    warning_time: int = 0
    warning_offset: int = 0
    trace_flags: int = 0
    trace_offset: int = 0
    return_receipt: str = ""
    errors_to: str = ""
    #: The other named attributes, the last of each name: encoding, rewrite_context, log_client_name ...
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Batch:
    """Some recipients; *next_offset* is where the next batch begins, 0 when there are no more."""

    recipients: list[Recipient]
    next_offset: int


class EnvelopeReader:
    """Reads the envelope of an open queue file: everything but recipients once, recipients in batches.

    With pure recipients (the rule; the SIZE record says so) only the recipients of the first batch are read, then the
    extracted segment for what stands there in front of its recipients. Mixed with other records, all is read at once,
    and only the recipients of the first batch are kept.
    """

    __slots__ = ("_fd", "envelope")

    def __init__(self, fd: int, envelope: Envelope | None = None) -> None:
        self._fd = fd
        self.envelope = Envelope() if envelope is None else envelope

    def read(self, limit: int) -> Batch:
        """Read the envelope and up to *limit* recipients; raises CorruptFileError, OSError."""
        batch = self._read(0, limit, self._take)
        envelope = self.envelope
        if envelope.sender is None:
            raise CorruptFileError("missing sender record")
        if not envelope.arrival_time:
            raise CorruptFileError("missing arrival time record")
        if not envelope.create_time:
            envelope.create_time = int(envelope.arrival_time)
        return batch

    def read_more(self, offset: int, limit: int) -> Batch:
        """Read up to *limit* recipients from *offset* (a former batch's next_offset); *envelope* stays as it is."""
        return self._read(offset, limit, None)

    def _read(self, offset: int, limit: int, take: _Take | None) -> Batch:
        recipients = _Recipients(limit)
        if self._read_envelope(offset, recipients, take):
            self._read_extracted(recipients, take)
        return Batch(recipients.found, recipients.next_offset)

    def _read_envelope(self, offset: int, recipients: _Recipients, take: _Take | None) -> bool:
        """Read up to `M`; False when nothing that follows is wanted. A later batch may begin behind `X`."""
        envelope = self.envelope
        allowed = ENVELOPE_TYPES if take is not None else _RESUMED_TYPES
        for at, record_type, data in read_records(self._fd, offset):
            if record_type == RecordType.MESSAGE:
                return True
            if record_type == RecordType.END and take is None:
                return False
            if record_type not in allowed:
                raise CorruptFileError(f"unexpected record type {record_type} at offset {at}")
            if recipients.take(at, record_type, data):
                if recipients.next_offset and not envelope.sizes.is_mixed:
                    return take is not None
            elif take is not None:
                if at == 0 and record_type != RecordType.MESSAGE_SIZE:
                    raise CorruptFileError("missing size record")
                take(at, record_type, data)
        raise CorruptFileError("unexpected end of file")

    def _read_extracted(self, recipients: _Recipients, take: _Take | None) -> None:
        sizes = self.envelope.sizes
        records = read_records(self._fd, sizes.data_offset + sizes.content_span)
        if next(records)[1] != RecordType.EXTRACTED:
            raise CorruptFileError("missing extracted segment")
        for at, record_type, data in records:
            if record_type == RecordType.END:
                return
            if record_type not in EXTRACTED_TYPES:
                raise CorruptFileError(f"unexpected record type {record_type} at offset {at}")
            if recipients.take(at, record_type, data):
                if recipients.next_offset and not sizes.is_mixed:
                    return
            elif take is not None:
                take(at, record_type, data)

    def _take(self, at: int, record_type: int, data: bytes) -> None:
        envelope = self.envelope
        if record_type == RecordType.ATTRIBUTE:
            pair = split_attribute(data)
            if pair is None:
                raise CorruptFileError(f"malformed attribute at offset {at}")
            self._take_attribute(at, *pair)
        elif record_type == RecordType.MESSAGE_SIZE:
            if not envelope.sizes.data_offset:
                envelope.sizes = parse_sizes(data)
        elif record_type == RecordType.ARRIVAL_TIME:
            if not envelope.arrival_time:
                envelope.arrival_time = parse_time(data)
        elif record_type == RecordType.SENDER:
            if envelope.sender is not None:
                raise CorruptFileError("multiple sender records")
            envelope.sender = data.decode("utf-8", "surrogateescape")
        elif record_type == RecordType.WARNING_TIME:
            envelope.warning_time = _number(data)
            envelope.warning_offset = at
        else:
            name = _TEXT_FIELDS.get(record_type)
            if name is not None:
                setattr(envelope, name, data.decode("utf-8", "surrogateescape"))
            elif record_type in (RecordType.CREATE_TIME, RecordType.DSN_RETURN):
                name = "create_time" if record_type == RecordType.CREATE_TIME else "ret_flags"
                setattr(envelope, name, _number(data))

    def _take_attribute(self, at: int, name: str, value: str) -> None:
        envelope = self.envelope
        match name:
            case "create_time":
                envelope.create_time = _number(value)
            case "envelope_id":
                envelope.envelope_id = value
            case "ret_flags":
                envelope.ret_flags = _number(value)
            case "trace_flags":
                envelope.trace_flags = _number(value)
                envelope.trace_offset = at
            case _:
                envelope.attributes[name] = value


_Take = Callable[[int, int, bytes], None]

_TEXT_FIELDS: Final = {
    RecordType.FULL_NAME: "full_name",
    RecordType.FILTER: "content_filter",
    RecordType.INSPECTOR: "inspector",
    RecordType.REDIRECT: "redirect",
    RecordType.VERP: "verp_delimiters",
    RecordType.DSN_ENVELOPE_ID: "envelope_id",
    RecordType.RETURN_RECEIPT: "return_receipt",
    RecordType.ERRORS_TO: "errors_to",
}
_RESUMED_TYPES: Final = ENVELOPE_TYPES | EXTRACTED_TYPES


def _number(value: bytes | str) -> int:
    try:
        return int(value)
    except ValueError as error:
        raise CorruptFileError(f"malformed number {value[:20]!r}") from error


def parse_time(data: bytes) -> float:
    """Return the epoch seconds of an arrival time record: `seconds microseconds`, or seconds alone."""
    fields = data.split()
    try:
        return int(fields[0]) + (int(fields[1]) / 1_000_000 if len(fields) > 1 else 0.0)
    except (ValueError, IndexError) as error:
        raise CorruptFileError("malformed arrival time record") from error


class _Recipients:
    """Collects recipients up to a limit; what stands in front of a recipient belongs to it and is forgotten after."""

    __slots__ = ("_limit", "_notify", "_orcpt", "_original", "_resume", "found", "next_offset")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.found: list[Recipient] = []
        #: Where the first recipient that found no place (with what stands in front of it) begins, or 0.
        self.next_offset = 0
        self._resume = 0
        self._original = ""
        self._orcpt = ""
        self._notify = 0

    def take(self, at: int, record_type: int, data: bytes) -> bool:
        """Take a record; False when it says nothing about a recipient."""
        if record_type == RecordType.ATTRIBUTE:
            if data.startswith(b"dsn_orig_rcpt="):
                self._orcpt = data[14:].decode("utf-8", "surrogateescape")
            elif data.startswith(b"notify_flags="):
                self._notify = _number(data[13:])
            else:
                return False
        elif record_type == RecordType.ORIGINAL_RECIPIENT:
            self._original = data.decode("utf-8", "surrogateescape")
        elif record_type == RecordType.RECIPIENT:
            self._add(at, data)
            return True
        elif record_type in (RecordType.DONE, RecordType.CANCELED):
            self._reset()
        elif record_type == RecordType.DSN_ORIGINAL_RECIPIENT:
            self._orcpt = data.decode("utf-8", "surrogateescape")
        elif record_type == RecordType.DSN_NOTIFY:
            self._notify = _number(data)
        else:
            return record_type == RecordType.KILLED
        if not self._resume:
            self._resume = at
        return True

    def _add(self, at: int, data: bytes) -> None:
        if len(self.found) >= self._limit:
            if not self.next_offset:
                self.next_offset = self._resume or at
            return
        address = data.decode("utf-8", "surrogateescape")
        # One string for both: a queue manager holds many recipients.
        original = address if self._original == address else self._original
        self.found.append(Recipient(address, original, at, self._orcpt, self._notify))
        self._reset()

    def _reset(self) -> None:
        self._original = ""
        self._orcpt = ""
        self._notify = 0
        self._resume = 0
