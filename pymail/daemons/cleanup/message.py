"""One message: records of a client in, the octets of a queue file out. No I/O but the log.

The driver feeds what it reads with `receive`, and looks at `is_done` and at `waiting`: recipients whose aliases it
has to find before `expand` lets the message go on. Body lines are passed on without an object per line.
"""

from __future__ import annotations

import enum
from typing import Final

from pymail.daemons.cleanup.envelope import Envelope
from pymail.daemons.cleanup.header import Header, without_stray
from pymail.daemons.cleanup.output import Output
from pymail.daemons.cleanup.recipients import Expanded, Incoming
from pymail.daemons.cleanup.settings import Settings
from pymail.ipc.cleanup import CleanupFlag, CleanupStatus
from pymail.ipc.delivery import SendOption
from pymail.log.logger import Log
from pymail.mail.header import header_name_length
from pymail.proto import record
from pymail.proto.record import RecordError, RecordType
from pymail.queue.reader import QMGR_FLAG_MIXED, Sizes

_MESSAGE: Final = record.encode(RecordType.MESSAGE)
_EXTRACTED: Final = record.encode(RecordType.EXTRACTED)
_END: Final = record.encode(RecordType.END)
_EMPTY_LINE: Final = record.encode(RecordType.TEXT)

_BLANKS: Final = (b" ", b"\t")


class Stage(enum.Enum):
    """Which part of the stream comes next. EXPAND_...: recipients have to be expanded first."""

    ENVELOPE = enum.auto()
    EXPAND_ENVELOPE = enum.auto()
    HEADER = enum.auto()
    BODY = enum.auto()
    EXTRACTED = enum.auto()
    EXPAND_EXTRACTED = enum.auto()
    DONE = enum.auto()


_EXPANDING: Final = (Stage.EXPAND_ENVELOPE, Stage.EXPAND_EXTRACTED)
#: No more input is taken.
_RESTING: Final = (*_EXPANDING, Stage.DONE)


class Message:
    """One message on its way from the client's records to the octets of its file."""

    __slots__ = (
        "_content_end",
        "_created",
        "_data_offset",
        "_header_size",
        "_is_long",
        "_key",
        "_lines",
        "_replaces_stray",
        "_rest",
        "_stage",
        "envelope",
        "header",
        "output",
    )

    def __init__(self, settings: Settings, log: Log, queue_id: str, created: int) -> None:
        self.output = Output(settings, log, queue_id)
        self.envelope = Envelope(self.output)
        self.header: Header | None = None
        self._created = created
        self._replaces_stray = settings.params.cleanup_replace_stray_cr_lf
        self._stage = Stage.ENVELOPE
        self._rest = b""
        # The header field that is not complete yet: its name in lower case, whether its last line goes on in the next
        # record, and its size.
        self._key = b""
        self._lines: list[bytes] = []
        self._is_long = False
        self._header_size = 0
        self._data_offset = 0
        self._content_end = 0

    @property
    def is_done(self) -> bool:
        """True when the client has said all, or what it said is no stream of records."""
        return self._stage is Stage.DONE

    @property
    def waiting(self) -> list[Incoming]:
        """The recipients that `expand` wants the expansions of; empty when nothing waits."""
        return self.envelope.recipients.sources() if self._stage in _EXPANDING else []

    def receive(self, data: bytes) -> None:
        """Take octets from the client."""
        buffer = self._rest + data if self._rest else data
        self._rest = b""
        position = 0
        try:
            while (stage := self._stage) not in _RESTING:
                if not self.output.is_open:
                    position = record.text_run(buffer, position)
                    end = self._skip_record(buffer, position)
                else:
                    if stage is Stage.ENVELOPE:
                        position = self.envelope.take_plain(buffer, position)
                    elif stage is Stage.HEADER:
                        position = self._take_header(buffer, position)
                        if not self.output.is_open:
                            continue
                        stage = self._stage
                    if stage is Stage.BODY:
                        position = self._take_body(buffer, position)
                    end = self._take_record(buffer, position)
                if end == position:
                    break
                position = end
        except RecordError as error:
            self.output.bad(str(error))
            self._stage = Stage.DONE
        self._rest = buffer[position:] if position else buffer

    def expand(self, expanded: list[Expanded] | None) -> None:
        """Go on: *expanded* stands for `waiting`, in its order (None: aliases do not apply)."""
        self.envelope.recipients.write(self.output, expanded)
        if self._stage is Stage.EXPAND_ENVELOPE:
            self._begin_content()
        else:
            self._finish()
        self.receive(b"")

    def _skip_record(self, buffer: bytes, position: int) -> int:
        """After a lethal error: read to the end, keep nothing."""
        found = record.next_record(buffer, position)
        if found is None:
            return position
        if found[0] == RecordType.END:
            self._stage = Stage.DONE
        return found[2]

    def _take_record(self, buffer: bytes, position: int) -> int:
        """Take one record; return the offset behind it, or *position* when it is not complete yet."""
        found = record.next_record(buffer, position)
        if found is None:
            return position
        record_type, data, end = found
        stage = self._stage
        if stage is Stage.ENVELOPE:
            self._take_envelope(record_type, data)
        elif stage is Stage.BODY:
            self._take_content_end(record_type)
        elif stage is not Stage.HEADER:
            self._take_extracted(record_type, data)
        elif record_type != RecordType.PADDING:
            # Lines went another way; this is no line.
            self._end_header()
            self._take_content_end(record_type)
        return end

    # -- envelope

    def _take_envelope(self, record_type: int, data: bytes) -> None:
        if record_type != RecordType.MESSAGE:
            if record_type == RecordType.END:
                # Without a content there is nothing more to come.
                self.output.bad("unexpected end of message in envelope")
                self._stage = Stage.DONE
                return
            self.envelope.take(record_type, data)
            return
        if self.envelope.sender is None and not self.output.errors:
            self.output.bad("missing sender record")
        elif self.envelope.arrival is None and not self.output.errors:
            self.output.bad("missing arrival time record")
        self._stage = Stage.EXPAND_ENVELOPE
        if not self._must_expand():
            self.envelope.recipients.write(self.output, None)
            self._begin_content()

    def _must_expand(self) -> bool:
        output = self.output
        return (
            output.settings.has_aliases
            and bool(output.flags & CleanupFlag.MAP_OK)
            and output.is_open
            and any(isinstance(item, Incoming) for item in self.envelope.recipients.pending)
        )

    def _begin_content(self) -> None:
        envelope, output = self.envelope, self.output
        envelope.end_segment()
        output.put(_MESSAGE)
        self._data_offset = output.size
        settings = output.settings
        self.header = Header(output, settings.local_rules if envelope.is_local else settings.remote_rules)
        self._stage = Stage.HEADER

    # -- content

    def _take_header(self, buffer: bytes, position: int) -> int:
        """Take the complete lines at *position* up to the end of the header; return the offset behind them."""
        size = len(buffer)
        while position + 1 < size and self._stage is Stage.HEADER:
            record_type = buffer[position]
            if record_type != RecordType.TEXT and record_type != RecordType.LONG_TEXT:  # noqa: PLR1714 (hot)
                break
            length = buffer[position + 1]
            start = position + 2
            if length > 127:
                long_length = record.decode_long_length(buffer, position + 1)
                if long_length is None:
                    break
                length, start = long_length
                if length > record.RECORD_LIMIT:
                    raise RecordError("record too long")
            end = start + length
            if end > size:
                break
            self._take_header_line(record_type, buffer[start:end])
            position = end
            if self.output.errors and not self.output.is_open:
                break
        return position

    def _take_header_line(self, record_type: int, data: bytes) -> None:
        if self._replaces_stray and (b"\r" in data or b"\n" in data):
            data = without_stray(data)
        lines = self._lines
        if self._is_long:
            lines[-1] += self._fitting(data)
        elif lines and data.startswith(_BLANKS):
            lines.append(self._fitting(data))
        elif data and (name_length := header_name_length(data)):
            if lines:
                self._end_field()
            self._header_size = 0
            self._key = data[:name_length].lower()
            self._lines = [self._fitting(data)]
        else:
            self._end_header()
            self._begin_body(record_type, data)
            return
        self._is_long = record_type == RecordType.LONG_TEXT

    def _fitting(self, data: bytes) -> bytes:
        """Return what header_size_limit leaves of *data*."""
        room = self.output.settings.header_limit - self._header_size
        self._header_size += len(data)
        return data if len(data) <= room else data[: max(room, 0)]

    def _end_field(self) -> None:
        if self._lines and self.header is not None:
            lines, self._lines = self._lines, []
            self.header.take(self._key, lines)

    def _end_header(self) -> None:
        self._end_field()
        envelope, header = self.envelope, self.header
        if header is not None and envelope.arrival is not None:
            header.end(envelope.arrival[0], envelope.sender or "", envelope.full_name or "", self._created)
        self._stage = Stage.BODY

    def _begin_body(self, record_type: int, data: bytes) -> None:
        if data:
            # No empty line behind the header: this line belongs to the body (Postfix: mime_state.c).
            self.output.put(_EMPTY_LINE)
        self._put_run(record.encode(record_type, data))

    def _take_body(self, buffer: bytes, position: int) -> int:
        """Pass on the complete lines at *position*; return the offset behind them."""
        end = record.text_run(buffer, position)
        output = self.output
        if end > position:
            run = buffer[position:end]
            if run.isascii() and not (self._replaces_stray and (b"\r" in run or b"\n" in run)):
                # A line of more than 127 octets has a length octet that is not ASCII: all are short.
                output.put(run)
            else:
                self._put_run(run)
        return end

    def _put_run(self, run: bytes) -> None:
        """Pass on lines that may be too long, or hold a stray CR or LF; length octets can look like one."""
        records, _ = record.split(run)
        limit = self.output.settings.line_limit
        if self._replaces_stray:
            joined = b"".join([data for _, data in records])
            if b"\r" in joined or b"\n" in joined:
                records = [(record_type, without_stray(data)) for record_type, data in records]
                run = record.encode_all(records)
        if len(max(records, key=_data_length)[1]) <= limit:
            self.output.put(run)
            return
        for record_type, data in records:
            self.output.put(_encode_pieces(record_type, data, limit))

    def _take_content_end(self, record_type: int) -> None:
        if record_type == RecordType.EXTRACTED:
            self._begin_extracted()
        elif record_type == RecordType.END:
            self.output.bad("unexpected end of message in content")
            self._stage = Stage.DONE
        elif record_type != RecordType.PADDING:
            self.output.bad(f"unexpected record type {record_type} in message content")

    # -- extracted

    def _begin_extracted(self) -> None:
        envelope, header, output = self.envelope, self.header, self.output
        self._content_end = output.size
        output.put(_EXTRACTED)
        if header is not None:
            if header.message_id:
                output.put(record.encode_attribute("message_id", header.message_id))
            if header.encoding:
                envelope.attributes[b"encoding"] = header.encoding
        encoding = envelope.attributes.get(b"encoding")
        if encoding:
            output.put(record.encode(RecordType.ATTRIBUTE, b"encoding=" + encoding))
        self._stage = Stage.EXTRACTED

    def _take_extracted(self, record_type: int, data: bytes) -> None:
        if record_type != RecordType.END:
            self.envelope.take(record_type, data, extracted=True)
            return
        output = self.output
        bcc = output.settings.params.always_bcc
        if bcc and output.flags & CleanupFlag.BCC_OK and self.envelope.recipients.last is not None:
            self.envelope.recipients.add_copy(output, bcc)
        self._stage = Stage.EXPAND_EXTRACTED
        if not self._must_expand():
            self.envelope.recipients.write(output, None)
            self._finish()

    def _finish(self) -> None:
        output = self.output
        output.put(_END)
        if output.is_open and self.envelope.recipients.last is None:
            output.fail(CleanupStatus.RCPT)
        self._stage = Stage.DONE

    def sizes(self) -> Sizes:
        """Return the SIZE record of the finished message."""
        envelope, header = self.envelope, self.header
        span = max(self._content_end - self._data_offset, 0)
        options = envelope.send_options
        flags = self.output.flags
        if header is not None and header.has_utf8:
            options |= SendOption.SMTPUTF8_HEADER
        if flags & CleanupFlag.SMTPUTF8 or (flags & CleanupFlag.AUTOUTF8 and options):
            options |= SendOption.SMTPUTF8_REQUESTED
        return Sizes(
            content_span=span,
            data_offset=self._data_offset,
            recipient_count=envelope.recipients.count,
            qmgr_flags=(QMGR_FLAG_MIXED if envelope.mixed else 0) | envelope.recipients.notify_mask << 1,
            content_length=span,
            send_options=options,
        )


def _data_length(item: tuple[int, bytes]) -> int:
    return len(item[1])


def _encode_pieces(record_type: int, data: bytes, limit: int) -> bytes:
    if record_type == RecordType.TEXT:
        return record.encode_long_line(data, limit)
    pieces = [data[start : start + limit] for start in range(0, len(data), limit)]
    return record.encode_all((record_type, piece) for piece in pieces)
