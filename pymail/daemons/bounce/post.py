"""Queues a report as new mail, through cleanup."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pymail.ipc.cleanup import CleanupClient, CleanupFlag
from pymail.ipc.errors import ServiceError
from pymail.mail.date import format_date
from pymail.proto.record import RecordType, encode, encode_attribute, encode_lines, encode_text

#: Octets of records that are sent at once.
_CHUNK_LINES: Final = 1000

LocalDate = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Post:
    """Where reports go, and what their first header says."""

    cleanup_path: str
    hostname: str
    mail_name: str
    timeout: float
    line_limit: int
    zone: Callable[[float], tuple[int, str]]

    def date(self, now: float) -> str:
        """Return the local date of *now* as a header has it."""
        offset, name = self.zone(now)
        return format_date(int(now), offset, name)

    async def send(self, sender: str, recipient: str, lines: list[bytes], now: float) -> str | None:
        """Queue *lines* (a message from From: on) and return its queue ID; None when cleanup does not take it."""
        try:
            client = await CleanupClient.open(CleanupFlag.MAP_OK, self.cleanup_path, self.timeout)
        except ServiceError:
            return None
        date = self.date(now)
        received = [
            f"Received: by {self.hostname} ({self.mail_name})".encode(),
            f"\tid {client.queue_id}; {date}".encode(),
            f"Date: {date}".encode(),
        ]
        try:
            client.send(self._envelope(sender, recipient, now) + encode_lines(received, self.line_limit))
            for start in range(0, len(lines), _CHUNK_LINES):
                client.send(encode_lines(lines[start : start + _CHUNK_LINES], self.line_limit))
                if client.must_wait:
                    await client.drain()
            client.send(encode(RecordType.EXTRACTED) + encode(RecordType.END))
            result = await client.finish()
        except ServiceError:
            client.cancel()
            return None
        return client.queue_id if result.accepted else None

    def _envelope(self, sender: str, recipient: str, now: float) -> bytes:
        microseconds = round(now * 1_000_000)
        seconds, rest = divmod(microseconds, 1_000_000)
        return b"".join(
            (
                encode_text(RecordType.ARRIVAL_TIME, f"{seconds} {rest}"),
                encode_attribute("log_message_origin", "local"),
                encode_attribute("trace_flags", 0),
                encode_text(RecordType.SENDER, sender),
                encode_text(RecordType.RECIPIENT, recipient),
                encode(RecordType.MESSAGE),
            )
        )
