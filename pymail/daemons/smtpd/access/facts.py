"""What access decisions are made from: the facts of one session, and of its current transaction."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Final

from pymail.dns.hosts import NameStatus
from pymail.log.events.smtpd import NO_QUEUE_ID
from pymail.proto.smtp.reply import Reply

#: The refusal that is not sent: the connection is closed instead (HANGUP).
HANGUP: Final = Reply.of(421, "4.7.0 Service unavailable")


class Verdict(enum.Enum):
    """What one restriction says."""

    DUNNO = enum.auto()
    #: The rest of the list is not evaluated.
    PERMIT = enum.auto()
    #: The refusal is in `Facts.refusal`.
    REJECT = enum.auto()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal that was postponed: it is used if a later decision makes it right."""

    code: int
    status: str
    text: str


@dataclass(slots=True)
class Client:
    """The client host."""

    name: str
    address: str
    port: str = "unknown"
    status: NameStatus = NameStatus.OK
    reverse_name: str = "unknown"
    reverse_status: NameStatus = NameStatus.NOT_FOUND
    log_port: bool = False
    #: `name[address]`, as in replies and in the log.
    label: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self.label = f"{self.name}[{self.address}]" + (f":{self.port}" if self.log_port else "")


@dataclass(slots=True)
class Actions:
    """What access tables want to be done with the message."""

    discard: bool = False
    hold: bool = False
    #: transport:nexthop of the last FILTER.
    content_filter: str = ""
    redirect: str = ""
    bcc: list[str] = field(default_factory=list)
    prepend: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was wanted."""
        return not (self.discard or self.hold or self.content_filter or self.redirect or self.bcc or self.prepend)


@dataclass(slots=True)
class Facts:
    """One session. The driver keeps it up to date; the engine writes the second half."""

    client: Client
    protocol: str = "SMTP"
    #: None: the client did not say hello.
    helo: str | None = None
    #: Internal form, empty for the null sender; None: no transaction.
    sender: str | None = None
    recipient: str | None = None
    #: Accepted recipients of the transaction.
    recipient_count: int = 0
    #: The command being processed, for the log: "RCPT", "END-OF-MESSAGE".
    where: str = "CONNECT"
    queue_id: str = NO_QUEUE_ID
    #: More input waits behind the command being processed.
    is_ahead: bool = False

    # The engine's.
    refusal: Reply | None = None
    #: Pending 4xx for a later permit, as the stages left it.
    defer_if_permit: Refusal | None = None
    defer_if_permit_client: Refusal | None = None
    defer_if_permit_helo: Refusal | None = None
    defer_if_permit_sender: Refusal | None = None
    #: Pending 4xx for a later 5xx of the same stage.
    defer_if_reject: Refusal | None = None
    #: The existence of the recipient, or sender, was tested by an explicit restriction.
    recipient_tested: bool = False
    sender_tested: bool = False
    actions: Actions = field(default_factory=Actions)

    def forget_transaction(self) -> None:
        """RSET, the end of a message, HELO."""
        self.sender = None
        self.recipient = None
        self.recipient_count = 0
        self.queue_id = NO_QUEUE_ID
        self.defer_if_permit = None
        self.defer_if_permit_sender = None
        self.sender_tested = False
        self.actions = Actions()
