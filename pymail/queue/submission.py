"""What a user may submit: postdrop checks each record before it goes into the maildrop. Light.

`Submission` takes the octets that a submitter sends and gives those that may be kept. Postfix: postdrop(1); pickup
removes files that break these rules, so they are enforced where the user still learns of it.
"""

from __future__ import annotations

from pymail.proto.record import (
    POSTDROP_CONTENT_TYPES,
    POSTDROP_ENVELOPE_TYPES,
    POSTDROP_EXTRACTED_TYPES,
    RecordError,
    RecordType,
    encode,
    next_record,
    split_attribute,
    text_run,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

#: The types of each segment, and the one that ends it.
_SEGMENTS: Final = (
    (POSTDROP_ENVELOPE_TYPES | {RecordType.ARRIVAL_TIME}, RecordType.MESSAGE),
    (POSTDROP_CONTENT_TYPES, RecordType.EXTRACTED),
    (POSTDROP_EXTRACTED_TYPES, RecordType.END),
)
_CONTENT: Final = 1
#: Attributes that users may set, with their values; None: any.
_ATTRIBUTES: Final = {
    "encoding": ("7bit", "8bit", ""),
    "rewrite_context": ("local", "remote"),
    "trace_flags": ("512", "1024"),
    "create_time": None,
    "dsn_orig_rcpt": None,
    "envelope_id": None,
    "notify_flags": None,
    "ret_flags": None,
}
#: Octets that would end a line of an address or attribute somewhere down the road.
_CONTROLS: Final = (0, 10, 13)


class SubmissionError(Exception):
    """The input is refused as a whole; str() says why, in postdrop's words."""


def is_clean(data: bytes, limit: int) -> bool:
    """Say whether *data* may stand in a record that is not text: short enough, without CR, LF and NUL."""
    return len(data) <= limit and not any(octet in data for octet in _CONTROLS)


class Submission:
    """Checks one submitted message; any split of the input gives the same result."""

    __slots__ = ("_buffer", "_limit", "_segment", "_warn", "finished", "has_recipient", "has_sender", "sender")

    def __init__(self, line_length_limit: int, warn: Callable[[str], None]) -> None:
        self._buffer = b""
        self._limit = line_length_limit
        self._segment = 0
        self._warn = warn
        #: The end record was read; what follows is nobody's.
        self.finished = False
        self.has_sender = False
        self.has_recipient = False
        #: The first sender.
        self.sender = ""

    def receive(self, data: bytes) -> bytes:
        """Take octets; return the records that are kept of all that is complete. Raises SubmissionError."""
        self._buffer += data
        buffer = self._buffer
        offset = 0
        kept: list[bytes] = []
        try:
            while not self.finished:
                if self._segment == _CONTENT:
                    end = text_run(buffer, offset, self._limit)
                    kept.append(buffer[offset:end])
                    offset = end
                found = next_record(buffer, offset, self._limit)
                if found is None:
                    break
                record_type, content, offset = found
                kept.append(self._take(record_type, content))
        except RecordError as error:
            raise SubmissionError("malformed input") from error
        self._buffer = buffer[offset:]
        return b"".join(kept)

    def _take(self, record_type: int, data: bytes) -> bytes:
        allowed, terminator = _SEGMENTS[self._segment]
        if record_type not in allowed:
            raise SubmissionError(f"unexpected record type: {record_type}")
        if record_type == terminator:
            self._segment += 1
            self.finished = record_type == RecordType.END
        elif record_type == RecordType.ARRIVAL_TIME:
            return b""  # the clock is ours
        if self._segment != _CONTENT and not is_clean(data, self._limit):
            raise SubmissionError("malformed input")
        if record_type == RecordType.SENDER:
            if not self.has_sender:
                self.sender = data.decode("utf-8", "surrogateescape")
            self.has_sender = True
        elif record_type == RecordType.RECIPIENT:
            self.has_recipient = True
        elif record_type == RecordType.ATTRIBUTE and not self._accepts_attribute(data):
            return b""
        return encode(record_type, data)

    def _accepts_attribute(self, data: bytes) -> bool:
        pair = split_attribute(data)
        text = data.decode("utf-8", "surrogateescape")
        if pair is None:
            problem = "missing attribute name" if "=" in text else "missing '=' after attribute name"
            self._warn(f"ignoring malformed record: {problem}: {text[:200]}")
            return False
        name, value = pair
        values = _ATTRIBUTES.get(name, ())
        if values is None or value in values:
            return True
        self._warn(f"ignoring attribute record: {name[:200]}={value[:200]}")
        return False
