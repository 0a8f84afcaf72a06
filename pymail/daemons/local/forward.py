"""Passes a message on to addresses elsewhere, as new mail through cleanup."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pymail.ipc.cleanup import BlockingCleanup, CleanupFlag
from pymail.ipc.delivery import DeliveryRequest
from pymail.ipc.errors import ServiceError
from pymail.mail.date import format_date
from pymail.mail.envelope import Recipient
from pymail.mail.quoting import quote
from pymail.proto.record import RecordType, encode, encode_attribute, encode_lines, encode_text
from pymail.queue.content import content_lines
from pymail.util.text import to_bytes

_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Forwarder:
    """Where new mail goes, and what its Received: says."""

    cleanup_path: str
    hostname: str
    mail_name: str
    timeout: float
    line_limit: int
    zone: Callable[[float], tuple[int, str]]

    def send(
        self, file: int, request: DeliveryRequest, sender: str, recipients: list[Recipient], delivered: str
    ) -> str | None:
        """Queue the open message for *recipients* and return the new queue ID; None when it was not taken.

        *delivered* is the address that goes into Delivered-To:, so that a circle is found.
        """
        try:
            client = BlockingCleanup(CleanupFlag.BOUNCE | CleanupFlag.MAP_OK, self.cleanup_path, self.timeout)
        except ServiceError:
            return None
        try:
            client.send(self._envelope(request, sender, recipients))
            client.send(self._top_lines(client.queue_id, request, delivered))
            batch: list[bytes] = []
            for line in content_lines(file, request.offset):
                batch.append(line)
                if len(batch) >= _BATCH:
                    client.send(encode_lines(batch, self.line_limit))
                    batch.clear()
            client.send(encode_lines(batch, self.line_limit))
            client.send(encode(RecordType.EXTRACTED) + encode(RecordType.END))
            result = client.finish()
        except ServiceError:
            client.cancel()
            return None
        return client.queue_id if result.accepted else None

    def _envelope(self, request: DeliveryRequest, sender: str, recipients: list[Recipient]) -> bytes:
        client = request.client
        seconds, rest = divmod(round(request.stats.incoming_arrival * 1_000_000), 1_000_000)
        parts = [encode_text(RecordType.ARRIVAL_TIME, f"{seconds} {rest}"), encode_text(RecordType.SENDER, sender)]
        if request.encoding:
            parts.append(encode_attribute("encoding", request.encoding))
        named = (
            ("log_client_name", client.name),
            ("log_client_address", client.address),
            ("log_protocol_name", client.protocol),
            ("log_helo_name", client.helo),
            ("log_ident", client.log_ident),
            ("rewrite_context", client.rewrite_context),
        )
        parts += [encode_attribute(name, value) for name, value in named if value]
        for recipient in recipients:
            if recipient.dsn_orig_rcpt:
                parts.append(encode_attribute("dsn_orig_rcpt", recipient.dsn_orig_rcpt))
            if recipient.notify:
                parts.append(encode_attribute("notify_flags", recipient.notify))
            parts += [
                encode_text(RecordType.ORIGINAL_RECIPIENT, recipient.original),
                encode_text(RecordType.RECIPIENT, recipient.address),
            ]
        parts.append(encode(RecordType.MESSAGE))
        return b"".join(parts)

    def _top_lines(self, queue_id: str, request: DeliveryRequest, delivered: str) -> bytes:
        arrival = request.stats.incoming_arrival
        date = format_date(int(arrival), *self.zone(arrival))
        lines = [
            f"Received: by {self.hostname} ({self.mail_name})",
            f"\tid {queue_id}; {date}",
            f"Delivered-To: {quote(delivered)}",
        ]
        return encode_lines([to_bytes(line) for line in lines], self.line_limit)
