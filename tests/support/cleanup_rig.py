"""Messages and settings for tests of cleanup: without files, sockets and the clock."""

from __future__ import annotations

from collections.abc import Sequence

from pymail.daemons.cleanup.message import Message
from pymail.daemons.cleanup.output import Output, encode_sizes
from pymail.daemons.cleanup.params import CleanupParams
from pymail.daemons.cleanup.settings import Settings, make_settings
from pymail.log.logger import Log
from pymail.proto import record
from pymail.proto.record import RecordType
from tests.support.configuration import configuration

NOW = 1795241029
QUEUE_ID = "612CF54020A"


class Sink:
    """Keeps the lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, tag: str, lines: Sequence[tuple[str, str]]) -> None:
        assert tag == "postfix/cleanup"
        self.lines += [text if severity == "info" else f"{severity}: {text}" for severity, text in lines]


def make_log() -> tuple[Log, list[str]]:
    """Return a log and the list that its lines appear in after `flush`."""
    sink = Sink()
    return Log("postfix/cleanup", sink), sink.lines


def settings(values: dict[str, str] | None = None, *, has_aliases: bool = False) -> Settings:
    """Return settings for mta.exam.test with *values* of main.cf."""
    conf = configuration(
        {"myhostname": "mta.exam.test", "mydomain": "exam.test", "myorigin": "exam.test", **(values or {})}
    )
    return make_settings(
        CleanupParams(conf), has_aliases=has_aliases, zone=lambda _epoch: (0, "UTC"), clock=lambda: float(NOW)
    )


def make_output(values: dict[str, str] | None = None, flags: int = 178) -> tuple[Output, list[str]]:
    """Return an empty output and the log lines."""
    log, lines = make_log()
    output = Output(settings(values), log, QUEUE_ID)
    output.set_flags(flags)
    return output, lines


def run(stream: bytes, values: dict[str, str] | None = None, flags: int = 178) -> tuple[Message, list[str]]:
    """Feed *stream* to a message; return it and the log lines."""
    log, lines = make_log()
    message = Message(settings(values), log, QUEUE_ID, NOW)
    message.output.set_flags(flags)
    message.receive(stream)
    log.flush()
    return message, lines


def file_of(message: Message) -> bytes:
    """Return the octets of the queue file."""
    return encode_sizes(message.sizes()) + b"".join(message.output.parts)


def content_of(message: Message) -> list[bytes]:
    """Return the lines of the content."""
    return [data for _, kind, data in record.parse(file_of(message)) if kind == RecordType.TEXT]


def recipients_of(message: Message) -> list[str]:
    """Return the recipient records."""
    return [data.decode() for _, kind, data in record.parse(file_of(message)) if kind == RecordType.RECIPIENT]


def stream(
    *recipients: str, sender: str = "alice@sender.test", lines: tuple[bytes, ...] = (b"Subject: x", b"", b"body"),
    attributes: tuple[str, ...] = ("rewrite_context=local",), extracted: bytes = b"",
) -> bytes:  # fmt: skip
    """Return the records of a small message."""
    octets = record.encode(RecordType.ARRIVAL_TIME, b"%d 376754" % NOW)
    octets += b"".join(record.encode_text(RecordType.ATTRIBUTE, text) for text in attributes)
    octets += record.encode_text(RecordType.SENDER, sender)
    octets += b"".join(record.encode_text(RecordType.RECIPIENT, address) for address in recipients)
    octets += record.encode(RecordType.MESSAGE) + record.encode_lines(list(lines), 2048)
    return octets + record.encode(RecordType.EXTRACTED) + extracted + record.encode(RecordType.END)
