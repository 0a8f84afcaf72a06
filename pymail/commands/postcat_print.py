"""Queue files as text, in postcat's form: each record a line, between markers for the parts of the file.

Reads the octets of one file by following its pointers. With *verbose*, pointers and padding are records like others;
with *raw* too, they are not followed, and what stands behind the end record is shown. Damaged files are shown as far as
it goes: warnings say what is wrong.
"""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from pymail.log.fatal import FatalError
from pymail.mail.header import header_name_length, is_continuation
from pymail.proto.record import ENVELOPE_TYPES, RecordError, RecordType, decode_long_length
from pymail.queue.reader import REVERSE_JUMP_LIMIT

NAMES: Final = {
    RecordType.MESSAGE_SIZE: b"message_size",
    RecordType.ARRIVAL_TIME: b"message_arrival_time",
    RecordType.CREATE_TIME: b"queue_file_create_time",
    RecordType.FULL_NAME: b"sender_fullname",
    RecordType.INSPECTOR: b"content_inspector",
    RecordType.FILTER: b"content_filter",
    RecordType.SENDER: b"sender",
    RecordType.DONE: b"done_recipient",
    RecordType.RECIPIENT: b"recipient",
    RecordType.ORIGINAL_RECIPIENT: b"original_recipient",
    RecordType.CANCELED: b"canceled_recipient",
    RecordType.WARNING_TIME: b"warning_message_time",
    RecordType.ATTRIBUTE: b"named_attribute",
    RecordType.KILLED: b"killed_record",
    RecordType.REDIRECT: b"redirect_to",
    RecordType.FLAGS: b"flags",
    RecordType.TEXT: b"regular_text",
    RecordType.PADDING: b"padding",
    RecordType.RETURN_RECEIPT: b"return_receipt",
    RecordType.ERRORS_TO: b"errors_to",
    RecordType.PRIORITY: b"priority",
    RecordType.POINTER: b"pointer_record",
    RecordType.VERP: b"verp_delimiters",
    RecordType.DSN_RETURN: b"dsn_return_flags",
    RecordType.DSN_ENVELOPE_ID: b"dsn_envelope_id",
    RecordType.DSN_ORIGINAL_RECIPIENT: b"dsn_original_recipient",
    RecordType.DSN_NOTIFY: b"dsn_notify_flags",
}
_UNKNOWN: Final = b"unknown_record_type"
_UNTERMINATED: Final = b"unterminated_text"
_TIMES: Final = (RecordType.ARRIVAL_TIME, RecordType.WARNING_TIME)
_TEXT: Final = (RecordType.TEXT, RecordType.LONG_TEXT)
#: Fields that a size record has at least.
_SIZE_FIELDS: Final = 3
_SHOWN: Final = 100


class Part(enum.Enum):
    """Where in the file a record stands."""

    NOWHERE = "-s: nobody knows"
    ENVELOPE = "envelope"
    HEADER = "message header"
    BODY = "message body"
    EXTRACTED = "extracted information"


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall be shown, and how."""

    envelope: bool = True
    header: bool = True
    body: bool = True
    decimal: bool = False
    offsets: bool = False
    raw: bool = False
    verbose: bool = False
    file_names: bool = False
    start: int = 0

    def shows(self, part: Part) -> bool:
        """Say whether records of *part* are shown."""
        match part:
            case Part.HEADER:
                return self.header
            case Part.BODY:
                return self.body
            case Part.NOWHERE | Part.ENVELOPE | Part.EXTRACTED:
                return self.envelope


class Printer:
    """Shows one file. *warn* must write what stands in *out* first."""

    def __init__(self, name: str, octets: bytes, wish: Wish, out: BinaryIO, warn: Callable[[str], None]) -> None:
        self._name = name
        self._octets = octets
        self._wish = wish
        self._out = out
        self._warn = warn
        self._part = Part.NOWHERE if wish.start else Part.ENVELOPE
        self._has_size = False
        #: The text record before was an L record; and it was shown, so that its line is open.
        self._continues = False
        self._open = False
        self._at_line_start = True

    def run(self) -> None:
        """Show the file. Raises FatalError."""
        if self._part is Part.ENVELOPE and self._octets:
            if self._octets[0] not in ENVELOPE_TYPES:
                self._warn(f"{self._name}: input is not a valid queue file")
                return
            if self._wish.envelope:
                self._write(b"*** ENVELOPE RECORDS " + self._file_name() + b" ***\n")
        for offset, record_type, data in self._records():
            if not self._show(offset, record_type, data):
                return

    # -- reading

    def _records(self) -> Iterator[tuple[int, int, bytes]]:
        """Yield (offset, type, data); the offset is where we stood before pointers that are not shown."""
        position = self._wish.start
        shown = self._wish.verbose
        jumped_to = -1
        jumps = 0
        while position < len(self._octets):
            offset = position
            record = self._record(position)
            while not shown and record[0] in (RecordType.POINTER, RecordType.PADDING):
                if record[0] == RecordType.POINTER:
                    record = (*record[:2], self._target(record[1], record[2], "record read error"))
                    jumps, jumped_to = self._count_jump(jumps, jumped_to, record[2])
                position = record[2]
                if position >= len(self._octets):
                    return
                record = self._record(position)
            record_type, data, position = record
            yield offset, record_type, data
            if record_type == RecordType.POINTER and not self._wish.raw:
                position = self._target(data, position, "bad pointer record, or input is not seekable")
                jumps, jumped_to = self._count_jump(jumps, jumped_to, position)

    def _record(self, position: int) -> tuple[int, bytes, int]:
        """Return type, data, and the offset behind the record at *position*. Raises FatalError."""
        octets = self._octets
        record_type = octets[position]
        try:
            found = decode_long_length(octets, position + 1)
        except RecordError as error:
            raise self._unreadable(f"too many length bits, record type {record_type}") from error
        if found is None:
            raise self._unreadable(f"unexpected EOF reading length, record type {record_type}")
        length, start = found
        if start + length > len(octets):
            raise self._unreadable(f"unexpected EOF in data, record type {record_type} length {length}")
        return record_type, octets[start : start + length], start + length

    def _unreadable(self, problem: str) -> FatalError:
        self._warn(f"{self._name}: {problem}")
        return FatalError("record read error")

    def _target(self, data: bytes, following: int, fatal: str) -> int:
        text = data.strip()
        if not text.isdigit():
            self._warn(f"{self._name}: malformed pointer record value: {_text(data)}")
            raise FatalError(fatal)
        return int(text) or following

    def _count_jump(self, jumps: int, before: int, target: int) -> tuple[int, int]:
        if target <= before:
            jumps += 1
            if jumps > REVERSE_JUMP_LIMIT:
                raise self._unreadable("too many reverse jump records")
        return jumps, target

    # -- showing

    def _show(self, offset: int, record_type: int, data: bytes) -> bool:
        """Show one record; False when the rest of the file is not wanted."""
        wish = self._wish
        if record_type == RecordType.MESSAGE:
            self._mark(offset, record_type, Part.ENVELOPE, Part.HEADER, b"MESSAGE CONTENTS", "message content")
        elif record_type == RecordType.EXTRACTED:
            self._mark(offset, record_type, Part.BODY, Part.EXTRACTED, b"HEADER EXTRACTED", "extracted segment")
            return wish.envelope
        elif record_type == RecordType.END:
            self._mark(offset, record_type, Part.EXTRACTED, Part.EXTRACTED, b"MESSAGE FILE END", "message end")
            return wish.raw and wish.verbose
        else:
            if record_type in _TEXT:
                self._find_body(data)
                if self._part is Part.BODY and not wish.body and not wish.envelope:
                    return False
            if wish.shows(self._part):
                self._show_record(offset, record_type, data)
            if record_type in _TEXT:
                self._continues = record_type == RecordType.LONG_TEXT
        return True

    def _mark(self, offset: int, record_type: int, before: Part, after: Part, title: bytes, what: str) -> None:
        if self._part is Part.NOWHERE:
            in_order = before is not Part.BODY
        else:
            in_order = self._part is before or (before is Part.BODY and self._part is Part.HEADER)
        self._part = after
        if self._open and self._wish.envelope:
            self._write(b"\n")
        self._open = False
        self._continues = False
        if not in_order:
            self._warn(f"{self._name}: out-of-order {what} marker")
        if self._wish.envelope:
            self._prefix(offset, record_type)
            self._write(b"*** " + title + b" " + self._file_name() + b" ***\n")

    def _find_body(self, data: bytes) -> None:
        """The first line that is no header ends the header."""
        if self._part is not Part.HEADER or self._continues or is_continuation(data):
            return
        if not header_name_length(data):
            self._part = Part.BODY

    def _show_record(self, offset: int, record_type: int, data: bytes) -> None:
        if self._open and self._wish.offsets:
            self._write(b"\n")
        self._prefix(offset, record_type)
        in_content = self._part in (Part.HEADER, Part.BODY)
        if record_type == RecordType.TEXT and not self._wish.verbose:
            self._write(data + b"\n")
            self._open = False
        elif record_type == RecordType.LONG_TEXT and in_content and not self._wish.verbose:
            self._write(data)
            self._open = True
        elif record_type == RecordType.ATTRIBUTE:
            self._show_attribute(data)
        elif record_type in _TIMES:
            self._write(NAMES[record_type] + b": " + _stamp(data.split()[:1]) + b"\n")
        else:
            name = NAMES.get(record_type, _UNKNOWN)
            if record_type == RecordType.LONG_TEXT and in_content:
                name = _UNTERMINATED
            self._write(name + b": " + data + b"\n")
            if record_type == RecordType.MESSAGE_SIZE:
                self._check_size(data)

    def _show_attribute(self, data: bytes) -> None:
        name, equals, value = (part.strip(b" \t") for part in data.partition(b"="))
        if not name or not equals:
            problem = "missing attribute name" if equals else "missing '=' after attribute name"
            self._warn(f"{self._name}: malformed attribute: {problem}: {_text(data[:_SHOWN])}")
        elif name == b"create_time":
            self._write(b"create_time: " + _stamp([value]) + b"\n")
        else:
            self._write(b"named_attribute: " + name + b"=" + value + b"\n")

    def _check_size(self, data: bytes) -> None:
        if self._has_size:
            self._warn("file contains multiple size records")
            return
        fields = data.split()
        if len(fields) < _SIZE_FIELDS or not all(field.isdigit() for field in fields[:_SIZE_FIELDS]):
            self._warn(f"invalid size record: {_text(data[:_SHOWN])}")
        else:
            self._has_size = True

    def _prefix(self, offset: int, record_type: int) -> None:
        if self._wish.offsets:
            self._write(b"%9d " % offset)
        if self._wish.decimal:
            self._write(b"%3d " % record_type)

    def _file_name(self) -> bytes:
        return self._name.encode("utf-8", "surrogateescape")

    def _write(self, octets: bytes) -> None:
        if self._wish.file_names and self._at_line_start:
            self._out.write(self._file_name() + b": ")
        self._out.write(octets)
        self._at_line_start = octets.endswith(b"\n")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _stamp(numbers: list[bytes]) -> bytes:
    """Return the local time; what is no number counts as 0."""
    text = numbers[0] if numbers else b""
    digits = text[1:] if text[:1] == b"-" else text
    try:
        return time.asctime(time.localtime(int(text) if digits.isdigit() else 0)).encode()
    except (OverflowError, ValueError, OSError):
        return text
