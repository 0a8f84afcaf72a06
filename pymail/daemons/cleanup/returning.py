"""Mail that cleanup itself returns to its sender, because the client cannot (BOUNCE): pickup and local forwarding.

The file has no final mode at that time, so qmgr leaves it alone; the bounce service reads sender and content from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from pymail.daemons.cleanup.message import Message
from pymail.daemons.cleanup.recipients import Expanded
from pymail.ipc.bounce import Append, BounceFlag, Report, Request, RequestKind
from pymail.ipc.cleanup import CleanupFlag, CleanupStatus, reply_for
from pymail.log.events.delivery import LineStyle, Moments, RecipientEvent, recipient_line
from pymail.mail.dsn import NOTIFY_SUCCESS, RET_HDRS, Dsn, split_status
from pymail.mail.envelope import Recipient
from pymail.queue.reader import CorruptFileError, EnvelopeReader
from pymail.queue.writer import QueueFile

#: What makes the client try again, or what no report can be made of.
CANNOT_RETURN: Final = CleanupStatus.BAD | CleanupStatus.WRITE | CleanupStatus.DEFER | CleanupStatus.RCPT
#: Recipients read at a time.
_BATCH: Final = 1000


class AsksBounce(Protocol):
    """`ipc.bounce.BounceClient`."""

    async def ask(self, service: str, request: Request) -> bool:
        """Send a request; True when it was done."""


@dataclass(frozen=True, slots=True)
class Reports:
    """The services that take reports, their names in master.cf, and the form of the recipient line."""

    client: AsksBounce
    bounce_service: str
    trace_service: str
    style: LineStyle


def can_return(message: Message) -> bool:
    """Say whether cleanup returns *message* itself."""
    output = message.output
    return (
        bool(output.errors)
        and not output.errors & CANNOT_RETURN
        and bool(output.flags & CleanupFlag.BOUNCE)
        and message.envelope.sender is not None
    )


async def return_message(reports: Reports, message: Message, file: QueueFile) -> bool:
    """Return *message*, whose octets are in *file*, to its sender; False when that was not possible."""
    output, envelope = message.output, message.envelope
    dsn = _failure(message)
    reader = EnvelopeReader(file.fd)
    try:
        batch = reader.read(_BATCH)
        while True:
            for recipient in batch.recipients:
                request = Append(BounceFlag.CLEAN, output.queue_id, recipient, dsn)
                if not await reports.client.ask(reports.bounce_service, request):
                    return False
                output.log.info(_recipient_line(reports.style, message, recipient, dsn))
            if not batch.next_offset:
                break
            batch = reader.read_more(batch.next_offset, _BATCH)
    except (CorruptFileError, OSError) as error:
        output.log.warning("%s: cannot return message: %s", output.queue_id, error)
        return False
    report = Report(
        kind=RequestKind.FLUSH,
        flags=BounceFlag.CLEAN,
        queue_name=file.queue_name,
        queue_id=output.queue_id,
        encoding=envelope.attributes.get(b"encoding", b"").decode(),
        sendopts=message.sizes().send_options,
        sender=envelope.sender or "",
        envelope_id=envelope.envelope_id,
        ret_flags=RET_HDRS,
    )
    return await reports.client.ask(reports.bounce_service, report)


def _failure(message: Message) -> Dsn:
    output = message.output
    reply = reply_for(output.errors)
    status, text = split_status(output.reason, reply.dsn) if output.reason else (reply.dsn, reply.text)
    return Dsn(status=status, reason=text, action="failed")


def _recipient_line(style: LineStyle, message: Message, recipient: Recipient, dsn: Dsn) -> str:
    seconds, microseconds = message.envelope.arrival or (0, 0)
    arrival = seconds + microseconds / 1_000_000
    now = message.output.settings.clock()
    event = RecipientEvent(
        queue_id=message.output.queue_id,
        recipient=recipient.address,
        original=recipient.original,
        relay="none",
        moments=Moments(arrival, 0.0, 0.0, 0.0, now),
        reuse_count=0,
        dsn=dsn.status,
        status="bounced",
        reason=dsn.reason,
    )
    return recipient_line(event, style)


async def report_expansions(reports: Reports, queue_id: str, expanded: list[Expanded]) -> bool:
    """Note for the sender that aliases he wanted to hear about were expanded; False when that was not possible."""
    for expansion in expanded:
        source = expansion.source
        if not expansion.is_alias or not source.notify & NOTIFY_SUCCESS:
            continue
        recipient = Recipient(source.address, source.original, 0, source.orcpt, source.notify)
        dsn = Dsn(status="2.0.0", reason="alias expanded", action="expanded")
        if not await reports.client.ask(reports.trace_service, Append(BounceFlag.CLEAN, queue_id, recipient, dsn)):
            return False
    return True
