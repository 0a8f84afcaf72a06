"""The envelope of a message: who sent it, when, from where, and the attributes that travel with it.

Records are written in the order in which they come, recipients after their expansion. On the way from other records to
recipients the time of the delay warning is written (Postfix: cleanup_envelope.c).
"""

from __future__ import annotations

from typing import Final

from pymail.daemons.cleanup.output import Output
from pymail.daemons.cleanup.recipients import Recipients
from pymail.daemons.cleanup.settings import MAILER_DAEMON
from pymail.ipc.cleanup import CleanupFlag
from pymail.ipc.delivery import SendOption
from pymail.proto import record
from pymail.proto.record import ENVELOPE_TYPES, EXTRACTED_TYPES, RecordType, split_attribute

#: Flags that a client may add with an `f` record.
_EXTRA_FLAGS: Final = CleanupFlag.HOLD | CleanupFlag.DISCARD
#: Values of DSN RET.
_RET_VALUES: Final = ("1", "2")
_SEND_OPTIONS_FIELD: Final = 5
#: Attributes that are only passed on; most of an envelope consists of them.
_PLAIN: Final = frozenset(
    (
        b"log_ident", b"log_client_name", b"log_client_address", b"log_client_port", b"log_message_origin",
        b"log_helo_name", b"log_protocol_name", b"client_name", b"reverse_client_name", b"client_address",
        b"client_port", b"server_address", b"server_port", b"helo_name", b"protocol_name", b"client_address_type",
        b"sasl_method", b"sasl_username", b"sasl_sender", b"encoding",
    )
)  # fmt: skip
#: Records of old releases that say nothing any more.
_LEGACY: Final = frozenset((RecordType.RETURN_RECEIPT, RecordType.ERRORS_TO, RecordType.PRIORITY))


class Envelope:
    """The envelope of one message in the making."""

    __slots__ = (
        "_in_recipients",
        "_output",
        "_warning_seen",
        "arrival",
        "attributes",
        "envelope_id",
        "full_name",
        "is_local",
        "mixed",
        "recipients",
        "ret_flags",
        "send_options",
        "sender",
        "trace_flags",
    )

    def __init__(self, output: Output) -> None:
        self._output = output
        self._in_recipients = False
        self._warning_seen = False
        self.recipients = Recipients()
        #: (epoch seconds, microseconds); None before the record was seen.
        self.arrival: tuple[int, int] | None = None
        self.sender: str | None = None
        self.full_name: str | None = None
        #: Named attributes, as octets: few are ever looked at.
        self.attributes: dict[bytes, bytes] = {}
        self.envelope_id = ""
        self.ret_flags = 0
        self.trace_flags = 0
        self.send_options = 0
        #: True: the header is completed as that of our own mail (rewrite_context).
        self.is_local = True
        #: True when other records follow recipients: qmgr must read the whole envelope first.
        self.mixed = False

    def end_segment(self) -> None:
        """The records of the envelope are complete."""
        self._in_recipients = False

    def take_plain(self, buffer: bytes, position: int) -> int:
        """Take the attributes at *position* that are only passed on, together; return the offset behind them."""
        size = len(buffer)
        if self._in_recipients or position + 1 >= size or buffer[position] != RecordType.ATTRIBUTE:
            return position
        attributes = self.attributes
        start = position
        room = self._output.settings.params.queue_file_attribute_count_limit - len(attributes)
        while position + 1 < size and buffer[position] == RecordType.ATTRIBUTE and room > 0:
            end = position + 2 + buffer[position + 1]
            if end > size or end > position + 129:  # a length of more than 127 takes more than one octet
                break
            name, _, value = buffer[position + 2 : end].partition(b"=")
            if name not in _PLAIN or not value or value[0] in b" \t" or value[-1] in b" \t":
                break
            attributes[name] = value
            room -= 1
            position = end
        if position > start:
            self._output.put(buffer[start:position])
        return position

    def take(self, record_type: int, data: bytes, *, extracted: bool = False) -> None:
        """Take a record of the envelope or of the extracted segment (segment markers apart)."""
        output = self._output
        if record_type == RecordType.FLAGS:
            self._take_flags(data)
            return
        if record_type not in (EXTRACTED_TYPES if extracted else ENVELOPE_TYPES):
            output.bad(f"unexpected record type {record_type} in {'extracted ' if extracted else ''}envelope")
            return
        if self.recipients.take(output, record_type, data):
            if not self._in_recipients:
                self._enter_recipients()
            return
        if self._in_recipients:
            self.mixed = True
        match record_type:
            case RecordType.ATTRIBUTE:
                self._take_attribute(data)
            case RecordType.ARRIVAL_TIME:
                self._take_time(data)
            case RecordType.SENDER:
                self._take_sender(data)
            case RecordType.FULL_NAME:
                if self.full_name is None:
                    self.full_name = data.decode("utf-8", "surrogateescape")
                    self._put(record_type, data)
            case RecordType.MESSAGE_SIZE:
                # Mail that is queued again: the fields of its old file mean nothing but for the options.
                fields = data.split()
                if len(fields) > _SEND_OPTIONS_FIELD and fields[_SEND_OPTIONS_FIELD].isdigit():
                    self.send_options |= int(fields[_SEND_OPTIONS_FIELD]) & SendOption.SMTPUTF8_REQUESTED
            case RecordType.WARNING_TIME:
                if not self._warning_seen:
                    self._warning_seen = True
                    self._put(record_type, data)
            case RecordType.DSN_ENVELOPE_ID:
                self._take_attribute(b"envelope_id=" + data)
            case RecordType.DSN_RETURN:
                self._take_attribute(b"ret_flags=" + data)
            case RecordType.CREATE_TIME:
                pass
            case _ if record_type not in _LEGACY:
                self._put(record_type, data)

    def _put(self, record_type: int, data: bytes) -> None:
        octets = record.encode(record_type, data)
        pending = self.recipients.pending
        if pending:
            # Recipients that are not expanded yet come first.
            pending.append(octets)
        else:
            self._output.put(octets)

    def _enter_recipients(self) -> None:
        self._in_recipients = True
        output = self._output
        if self.sender is None:
            output.bad("envelope recipient precedes sender")
        elif self.arrival is None:
            output.bad("envelope recipient precedes arrival time")
        else:
            delay = output.settings.params.delay_warning_time
            if delay > 0 and self.sender and not self._warning_seen:
                self._warning_seen = True
                waiting, self.recipients.pending = self.recipients.pending, []
                output.put(record.encode(RecordType.WARNING_TIME, b"%15d" % (self.arrival[0] + delay)))
                self.recipients.pending = waiting

    def _take_flags(self, data: bytes) -> None:
        flags = int(data) if data.isdigit() and len(data) < 8 else -1
        if flags & ~_EXTRA_FLAGS:
            self._output.log.warning("%s: ignoring bad extra flags: %s", self._output.queue_id, data[:20])
        else:
            self._output.flags |= flags

    def _take_time(self, data: bytes) -> None:
        if self.arrival is not None:
            return
        fields = data.split()
        if not fields or not all(text.isdigit() for text in fields):
            self._output.bad("malformed arrival time record")
            return
        self.arrival = int(fields[0]), int(fields[1]) if len(fields) > 1 else 0
        self._put(RecordType.ARRIVAL_TIME, data)
        create_time = b"create_time=%d" % int(self._output.settings.clock())
        self._put(RecordType.ATTRIBUTE, create_time)

    def _take_sender(self, data: bytes) -> None:
        output = self._output
        if self.sender is not None:
            output.bad("too many envelope sender records")
            return
        if self.arrival is None:
            output.bad("envelope sender precedes arrival time")
            return
        address = output.settings.rewrite_internal(data.decode("utf-8", "surrogateescape"))
        if address[: len(MAILER_DAEMON)].upper() == MAILER_DAEMON:
            ours = output.settings.rewrite_internal(MAILER_DAEMON)
            if address.lower() == ours.lower():
                address = ""
        self.sender = address
        if not address.isascii():
            self.send_options |= SendOption.SMTPUTF8_SENDER
        output.put_text(RecordType.SENDER, address)

    def _take_attribute(self, data: bytes) -> None:
        output = self._output
        pair = split_attribute(data)
        if pair is None:
            output.bad("malformed attribute")
            return
        name, value = pair
        if name == "create_time":
            return
        if not value:
            output.log.warning('%s: spurious null attribute value for "%s" -- ignored', output.queue_id, name)
            return
        key = name.encode("utf-8", "surrogateescape")
        if (
            key not in self.attributes
            and len(self.attributes) >= output.settings.params.queue_file_attribute_count_limit
        ):
            output.bad("message attribute count exceeds limit")
            return
        self.attributes[key] = value.encode("utf-8", "surrogateescape")
        match name:
            case "rewrite_context":
                if value not in ("local", "remote"):
                    output.bad(f"bad message attribute {name}")
                    return
                self.is_local = value == "local"
            case "trace_flags":
                self.trace_flags = int(value) if value.isdigit() else 0
            case "envelope_id":
                if not value.isprintable():
                    output.bad("malformed DSN envelope id")
                    return
                self.envelope_id = value
            case "ret_flags":
                if value not in _RET_VALUES:
                    output.bad("malformed DSN return flags")
                    return
                self.ret_flags = int(value)
        self._put(RecordType.ATTRIBUTE, data)
