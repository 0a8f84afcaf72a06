"""Queue files for unit tests."""

from __future__ import annotations

from pathlib import Path

from pymail.proto.record import RecordType, encode, encode_lines, encode_text


def write_queue_file(path: Path, lines: list[bytes], recipients: list[str]) -> tuple[int, list[int]]:
    """Write a complete queue file; return the offset of its content, and those of its recipient records."""
    head = bytearray(encode(RecordType.MESSAGE_SIZE, b" " * 95))
    head += encode_text(RecordType.ARRIVAL_TIME, "1795241030 5") + encode_text(RecordType.SENDER, "a@b")
    offsets = []
    for recipient in recipients:
        offsets.append(len(head))
        head += encode_text(RecordType.RECIPIENT, recipient)
    head += encode(RecordType.MESSAGE)
    content = encode_lines(lines, 2048)
    size = b" ".join(b"%15d" % n for n in (len(content), len(head), len(recipients), 0, len(content), 0))
    head[2:97] = size
    path.write_bytes(bytes(head) + content + encode(RecordType.EXTRACTED) + encode(RecordType.END))
    return len(head), offsets
