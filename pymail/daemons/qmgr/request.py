"""The delivery request for some recipients of a message."""

from __future__ import annotations

from pymail.daemons.qmgr.message import ACTIVE, Message
from pymail.daemons.qmgr.verp import verp_sender
from pymail.ipc.delivery import DeliveryRequest, MsgStats, RequestFlag, SendOption
from pymail.mail.envelope import Recipient


def delivery_request(
    message: Message, nexthop: str, recipients: tuple[Recipient, ...], connection_flags: int = 0
) -> DeliveryRequest:
    """Return the request. A VERP message has one recipient in each."""
    sendopts = message.sendopts
    for recipient in recipients:
        if not recipient.address.isascii():
            sendopts |= SendOption.SMTPUTF8_RECIPIENT
            break
    sender = message.sender
    if message.verp:
        sender = verp_sender(sender, recipients[0].original or recipients[0].address, message.verp)
    return DeliveryRequest(
        RequestFlag.NORMAL | message.trace_flags | connection_flags, ACTIVE, message.queue_id, message.data_offset,
        message.size, nexthop, message.encoding, sendopts, sender, message.envelope_id, message.ret_flags,
        MsgStats(message.arrival_time, message.active_time), message.client, recipients,
    )  # fmt: skip
