"""The contract of showq: the queue listing, one attribute list per message, and an empty list at the end.

Imported by postqueue: keep it light.
"""

from __future__ import annotations

from pymail.proto import attr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

PROTOCOL: Final = "mail_queue_list_protocol"
SERVICE: Final = "public/showq"


class ListedRecipient:
    """A recipient of a listed message; *log_class* is `defer`, `bounce` or empty, *reason* empty when there is none."""

    __slots__ = ("address", "log_class", "original", "reason")

    def __init__(self, address: str, original: str = "", log_class: str = "", reason: str = "") -> None:
        self.address = address
        self.original = original
        self.log_class = log_class
        self.reason = reason


class ListedMessage:
    """A message of the listing; *arrival* in epoch seconds, *size* in octets, *sender* in external form."""

    __slots__ = ("arrival", "forced_expire", "queue_id", "queue_name", "recipients", "sender", "size")

    def __init__(  # noqa: PLR0913  # the wire's own list; a dataclass would cost postqueue its start-up time
        self,
        queue_name: str,
        queue_id: str,
        arrival: int,
        size: int,
        forced_expire: bool,
        sender: str,
        recipients: list[ListedRecipient],
    ) -> None:
        self.queue_name = queue_name
        self.queue_id = queue_id
        self.arrival = arrival
        self.size = size
        self.forced_expire = forced_expire
        self.sender = sender
        self.recipients = recipients


END: Final = attr.encode()


def encode_message(message: ListedMessage) -> bytes:
    """Return the list of one message, in the form of 3.12."""
    flat: list[str | bytes | int] = [
        "queue_name", message.queue_name, "queue_id", message.queue_id, "time", message.arrival,
        "size", message.size, "forced_expire", int(message.forced_expire), "sender", message.sender,
    ]  # fmt: skip
    for recipient in message.recipients:
        flat += (
            "original_recipient", recipient.original, "recipient", recipient.address,
            "log_class", recipient.log_class, "reason", recipient.reason,
        )  # fmt: skip
    return attr.encode(*flat)


def decode_message(fields: list[bytes]) -> ListedMessage:
    """Return the message in *fields*, of any release: what we do not know is skipped. Raises AttrError."""
    values = attr.pick(fields, "queue_name", "queue_id", "time", "size", "forced_expire", "sender")
    recipients: list[ListedRecipient] = []
    original = ""
    for name, octets in zip(fields[0::2], fields[1::2], strict=True):
        value = attr.to_text(octets)
        if name == b"original_recipient":
            original = value
        elif name == b"recipient":
            recipients.append(ListedRecipient(value, original))
            original = ""
        elif name == b"log_class" and recipients:
            recipients[-1].log_class = value
        elif name == b"reason" and recipients:
            recipients[-1].reason = value
    return ListedMessage(
        values[0], values[1], attr.to_long(values[2]), attr.to_long(values[3]), values[4] != "0", values[5], recipients
    )
