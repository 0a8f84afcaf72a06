"""The envelope of an ordinary queue file, read at once: pays for itself with every message.

Only what cleanup usually writes is understood: no edits (pointers), no record that is long or rare, no more recipients
than may be read. For anything else, and for every fault, the answer is None: queue.reader takes the long way from the
start, and its word counts. Where this answers, the answer is the same.
"""

from __future__ import annotations

import os
from typing import Final

from pymail.mail.envelope import Recipient
from pymail.proto import record
from pymail.proto.record import RecordError, RecordType
from pymail.queue.reader import (
    READ_SIZE,
    SIZE_DATA,
    Batch,
    CorruptFileError,
    Envelope,
    EnvelopeReader,
    parse_sizes,
    parse_time,
)

_SIZE_RECORD: Final = SIZE_DATA + 2
_SIZE_HEAD: Final = bytes((RecordType.MESSAGE_SIZE, SIZE_DATA))
#: Records whose data are shorter have a head of two octets.
_SHORT: Final = 128
_FIELDS: Final = frozenset(("create_time", "ret_flags", "envelope_id"))
#: What smtpd writes into every file.
_USUAL: Final = frozenset(
    (
        "log_ident", "rewrite_context", "log_client_name", "log_client_address", "log_client_port",
        "log_message_origin", "log_helo_name", "log_protocol_name", "client_name", "reverse_client_name",
        "client_address", "client_port", "server_address", "server_port", "helo_name", "protocol_name",
        "client_address_type",
    )
)  # fmt: skip
_EXTRACTED: Final = bytes((RecordType.EXTRACTED, 0))


def read_message(fd: int, limit: int) -> tuple[Envelope, Batch]:
    """Return the envelope and up to *limit* recipients of an open queue file; raises CorruptFileError, OSError."""
    quick = _quick_read(fd, limit)
    if quick is not None:
        return quick
    reader = EnvelopeReader(fd)
    batch = reader.read(limit)
    return reader.envelope, batch


def _quick_read(fd: int, limit: int) -> tuple[Envelope, Batch] | None:
    buffer = os.pread(fd, READ_SIZE, 0)
    if not buffer.startswith(_SIZE_HEAD):
        return None
    envelope = Envelope()
    recipients: list[Recipient] = []
    try:
        sizes = envelope.sizes = parse_sizes(buffer[2:_SIZE_RECORD])
        content = sizes.data_offset
        extracted = content + sizes.content_span
        if not _SIZE_RECORD < content <= len(buffer):
            return None
        if not _take_segment(envelope, recipients, buffer[_SIZE_RECORD:content], _SIZE_RECORD, RecordType.MESSAGE):
            return None
        tail = buffer[extracted:] if extracted < len(buffer) else os.pread(fd, READ_SIZE, extracted)
        if tail[:2] != _EXTRACTED or not _take_segment(envelope, recipients, tail[2:], extracted + 2, RecordType.END):
            return None
    except (CorruptFileError, RecordError, ValueError):
        return None
    if len(recipients) > limit or envelope.sender is None or not envelope.arrival_time:
        return None
    envelope.create_time = envelope.create_time or int(envelope.arrival_time)
    return envelope, Batch(recipients, 0)


def _take_segment(envelope: Envelope, recipients: list[Recipient], octets: bytes, at: int, last: int) -> bool:
    """Take the records of one segment, *octets* at offset *at*; True when it ends with *last* and holds nothing odd."""
    records, length = record.split(octets)
    attributes = envelope.attributes
    original = orcpt = ""
    notify = 0
    start = at
    for kind, data in records:
        if len(data) >= _SHORT:
            return False
        if kind == RecordType.ATTRIBUTE:
            name, equals, value = data.decode("utf-8", "surrogateescape").partition("=")
            if name in _USUAL:
                attributes[name] = value.strip(" \t")
            elif name == "dsn_orig_rcpt":
                orcpt = value
            elif name == "notify_flags":
                notify = int(value)
            elif name == "trace_flags":
                envelope.trace_flags, envelope.trace_offset = int(value), at
            elif name in _FIELDS:
                setattr(envelope, name, int(value) if name != "envelope_id" else value.strip(" \t"))
            elif not equals or not name.isidentifier():
                return False
            else:
                attributes[name] = value.strip(" \t")
        elif kind == RecordType.RECIPIENT:
            address = data.decode("utf-8", "surrogateescape")
            recipients.append(Recipient(address, address if address == original else original, at, orcpt, notify))
            original = orcpt = ""
            notify = 0
        elif kind == RecordType.ORIGINAL_RECIPIENT:
            original = data.decode("utf-8", "surrogateescape")
        elif kind == RecordType.DONE or kind == RecordType.CANCELED:  # noqa: PLR1714 (a tuple costs a third more)
            original = orcpt = ""
            notify = 0
        elif kind == last:
            # Heads of another length than two octets would have moved the offsets.
            end = at + 2 - start
            return octets[end - 2 : end] == bytes((last, 0)) and (last == RecordType.END or end == length)
        elif not _take(envelope, kind, data, at):
            return False
        at += len(data) + 2
    return False


def _take(envelope: Envelope, kind: int, data: bytes, at: int) -> bool:
    """Take a record that is there once; False for one that is not usual."""
    if kind == RecordType.SENDER and envelope.sender is None:
        envelope.sender = data.decode("utf-8", "surrogateescape")
    elif kind == RecordType.ARRIVAL_TIME and not envelope.arrival_time:
        envelope.arrival_time = parse_time(data)
    elif kind == RecordType.WARNING_TIME:
        envelope.warning_time, envelope.warning_offset = int(data), at
    elif kind == RecordType.FULL_NAME:
        envelope.full_name = data.decode("utf-8", "surrogateescape")
    elif kind == RecordType.FILTER:
        envelope.content_filter = data.decode("utf-8", "surrogateescape")
    else:
        # A place holder for edits points nowhere; a real pointer is not for us.
        return kind == RecordType.KILLED or (kind == RecordType.POINTER and data.strip() == b"0")
    return True
