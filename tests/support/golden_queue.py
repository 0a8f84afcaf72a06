"""Queue files as Postfix left them, and the records of one as its clients had sent them."""

from __future__ import annotations

from pathlib import Path

from pymail.proto import record
from pymail.proto.record import RecordType

DIRECTORY = Path(__file__).parents[1] / "golden" / "queue"


def queue_files(*queues: str) -> list[Path]:
    """Return the captured files of these queues (or of the logs bounce, defer, trace)."""
    return sorted(path for path in DIRECTORY.iterdir() if path.name.split(".")[1] in queues)


def queue_id(path: Path) -> str:
    """Return the ID of a captured file."""
    return path.name.split(".")[2]


def client_stream(octets: bytes) -> bytes:
    """Return what smtpd had sent for the file *octets*: without what cleanup adds.

    Fit for files without pointers whose message had neither Message-Id: nor Date: nor aliases.
    """
    own = {RecordType.MESSAGE_SIZE, RecordType.WARNING_TIME, RecordType.ORIGINAL_RECIPIENT}
    own_starts = (b"create_time=", b"message_id=")
    stream = b""
    for _, record_type, data in record.parse(octets):
        if record_type in own:
            continue
        if record_type == RecordType.ATTRIBUTE and data.startswith(own_starts):
            continue
        if record_type == RecordType.TEXT and data.startswith((b"Message-Id: ", b"Date: ")):
            continue
        stream += record.encode(RecordType.RECIPIENT if record_type == RecordType.DONE else record_type, data)
    return stream


def as_first_queued(octets: bytes) -> bytes:
    """Return the file with no recipient done yet."""
    marked = bytearray(octets)
    for offset, record_type, _ in record.parse(octets):
        if record_type == RecordType.DONE:
            marked[offset] = RecordType.RECIPIENT
    return bytes(marked)
