"""The contract between qmgr and the delivery agents: a request for some recipients of one message, and its result.

Agent: announcement ("I am free"). Client: the request list, then one list per recipient. Agent: a final status list;
the outcome of each recipient goes to bounce, defer and trace and into the queue file, not here. The client may hang up
instead of sending a request.
"""

from __future__ import annotations

import binascii
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pymail.mail.dsn import Dsn
from pymail.mail.envelope import Recipient
from pymail.proto import attr

PROTOCOL: Final = "delivery_request_protocol"

#: Five (seconds, microseconds) pairs and the reuse count: the native structure of a 64-bit Linux.
_STATS: Final = struct.Struct("=10qi4x")


class RequestFlag:
    """Bits of a delivery request's `flags`."""

    SUCCESS: Final = 1
    BOUNCE: Final = 2
    MTA_VRFY: Final = 256
    USR_VRFY: Final = 512
    RECORD: Final = 1024
    CONN_LOAD: Final = 2048
    CONN_STORE: Final = 4096
    REC_DLY_SENT: Final = 8192
    NORMAL: Final = SUCCESS | BOUNCE
    VERIFY_MASK: Final = MTA_VRFY | USR_VRFY


class SendOption:
    """Bits of a delivery request's `sendopts`."""

    SMTPUTF8_REQUESTED: Final = 1
    SMTPUTF8_HEADER: Final = 2
    SMTPUTF8_SENDER: Final = 4
    SMTPUTF8_RECIPIENT: Final = 8


@dataclass(frozen=True, slots=True)
class MsgStats:
    """When the message passed each station: epoch seconds, 0 = not yet; `reuse_count` of the connection."""

    incoming_arrival: float = 0.0
    active_arrival: float = 0.0
    agent_handoff: float = 0.0
    conn_setup_done: float = 0.0
    deliver_done: float = 0.0
    reuse_count: int = 0

    def encode(self) -> bytes:
        """Return the base64 text of the structure."""
        return binascii.b2a_base64(
            _STATS.pack(
                *divmod(round(self.incoming_arrival * 1_000_000), 1_000_000),
                *divmod(round(self.active_arrival * 1_000_000), 1_000_000),
                *divmod(round(self.agent_handoff * 1_000_000), 1_000_000),
                *divmod(round(self.conn_setup_done * 1_000_000), 1_000_000),
                *divmod(round(self.deliver_done * 1_000_000), 1_000_000),
                self.reuse_count,
            ),
            newline=False,
        )

    @classmethod
    def decode(cls, text: bytes) -> MsgStats:
        """Return the stamps in *text*; raises AttrError."""
        try:
            i, i_part, a, a_part, h, h_part, s, s_part, d, d_part, reuse_count = _STATS.unpack(
                binascii.a2b_base64(text, strict_mode=True)
            )
        except (struct.error, ValueError) as error:
            raise attr.AttrError(f"malformed time stamps: {error}") from error
        return cls(
            i + i_part / 1_000_000, a + a_part / 1_000_000, h + h_part / 1_000_000, s + s_part / 1_000_000,
            d + d_part / 1_000_000, reuse_count,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """Where the message came from, for the log and XFORWARD."""

    name: str = ""
    address: str = ""
    port: str = ""
    protocol: str = ""
    helo: str = ""
    sasl_method: str = ""
    sasl_username: str = ""
    sasl_sender: str = ""
    log_ident: str = ""
    rewrite_context: str = "local"


@dataclass(frozen=True, slots=True)
class DeliveryRequest:
    """One message for some recipients with one next hop. Sizes in octets; addresses in internal form."""

    flags: int
    queue_name: str
    queue_id: str
    offset: int
    size: int
    nexthop: str
    encoding: str
    sendopts: int
    sender: str
    envelope_id: str
    ret_flags: int
    stats: MsgStats
    client: ClientInfo
    recipients: tuple[Recipient, ...]


_NAMES: Final = (
    "flags", "queue_name", "queue_id", "offset", "size", "nexthop", "encoding", "sendopts", "sender", "envelope_id",
    "ret_flags", "time", "log_client_name", "log_client_address", "log_client_port", "log_protocol_name",
    "log_helo_name", "sasl_method", "sasl_username", "sasl_sender", "log_ident", "rewrite_context", "recipient_count",
)  # fmt: skip


def encode_request(request: DeliveryRequest) -> bytes:
    """Return the request list and the lists of its recipients."""
    client = request.client
    head = attr.encode_text(
        "flags", str(request.flags), "queue_name", request.queue_name, "queue_id", request.queue_id,
        "offset", str(request.offset), "size", str(request.size), "nexthop", request.nexthop,
        "encoding", request.encoding, "sendopts", str(request.sendopts), "sender", request.sender,
        "envelope_id", request.envelope_id, "ret_flags", str(request.ret_flags),
        "time", request.stats.encode().decode("ascii"), "log_client_name", client.name,
        "log_client_address", client.address, "log_client_port", client.port, "log_protocol_name", client.protocol,
        "log_helo_name", client.helo, "sasl_method", client.sasl_method, "sasl_username", client.sasl_username,
        "sasl_sender", client.sasl_sender, "log_ident", client.log_ident, "rewrite_context", client.rewrite_context,
        "recipient_count", str(len(request.recipients)),
    )  # fmt: skip
    return head + b"".join(map(_encode_recipient, request.recipients))


def _encode_recipient(recipient: Recipient) -> bytes:
    return attr.encode_text(
        "original_recipient", recipient.original, "recipient", recipient.address, "offset", str(recipient.offset),
        "dsn_orig_rcpt", recipient.dsn_orig_rcpt, "notify_flags", str(recipient.notify),
    )  # fmt: skip


def decode_recipient(fields: list[bytes]) -> Recipient:
    """Return the recipient in *fields*; raises AttrError."""
    original, address, offset, orcpt, notify = attr.take(
        fields, "original_recipient", "recipient", "offset", "dsn_orig_rcpt", "notify_flags"
    )
    return Recipient(address, original, attr.to_long(offset), orcpt, attr.to_int(notify))


class RequestReader:
    """Collects the octets of one request, in any pieces.

    With *clock* (epoch seconds) it is an agent's: the request comes out with the moment of its hand-over.
    """

    __slots__ = ("_clock", "_count", "_head", "_lists", "_recipients")

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self._clock = clock
        self._lists = attr.ListReader()
        self._head: list[str] | None = None
        self._count = 0
        self._recipients: list[Recipient] = []

    def receive(self, data: bytes) -> DeliveryRequest | None:
        """Take octets; return the request when it is whole. Raises AttrError."""
        self._lists.feed(data)
        while (fields := self._lists.next_list()) is not None:
            if self._head is None:
                self._head = attr.take(fields, *_NAMES)
                self._count = attr.to_int(self._head[-1])
            else:
                self._recipients.append(decode_recipient(fields))
            if len(self._recipients) == self._count:
                return self._build(self._head)
        return None

    def _build(self, head: list[str]) -> DeliveryRequest:
        stats = MsgStats.decode(head[11].encode())
        if self._clock is not None and not stats.agent_handoff:
            stats = MsgStats(stats.incoming_arrival, stats.active_arrival, self._clock())
        return DeliveryRequest(
            attr.to_int(head[0]), head[1], head[2], attr.to_long(head[3]), attr.to_long(head[4]), head[5], head[6],
            attr.to_int(head[7]), head[8], head[9], attr.to_int(head[10]), stats,
            ClientInfo(*head[12:22]),
            tuple(self._recipients),
        )  # fmt: skip


def encode_dsn(dsn: Dsn | None) -> tuple[str, ...]:
    """Return the seven attributes of a DSN, flat; None gives empty ones."""
    if dsn is None:
        return _NO_DSN
    return (
        "status", dsn.status, "diag_type", dsn.diag_type, "diag_text", dsn.diag_text, "mta_type", dsn.mta_type,
        "mta_mname", dsn.mta_name, "action", dsn.action, "reason", dsn.reason,
    )  # fmt: skip


DSN_NAMES: Final = ("status", "diag_type", "diag_text", "mta_type", "mta_mname", "action", "reason")


_NO_DSN: Final = tuple(text for name in DSN_NAMES for text in (name, ""))


def decode_dsn(values: list[str]) -> Dsn:
    """Return the DSN of seven values in the order of DSN_NAMES."""
    status, diag_type, diag_text, mta_type, mta_name, action, reason = values
    return Dsn(
        status=status, action=action, reason=reason, diag_type=diag_type, diag_text=diag_text,
        mta_type=mta_type, mta_name=mta_name,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class FinalStatus:
    """The agent's last word: *hop* tells that the whole destination failed, *again* that something must be retried."""

    again: bool
    hop: Dsn | None = None

    def encode(self) -> bytes:
        """Return the list."""
        if self.hop is None:
            return _AGAIN if self.again else _FINISHED
        return attr.encode(*encode_dsn(self.hop), "status", -1 if self.again else 0)

    @classmethod
    def decode(cls, fields: list[bytes]) -> FinalStatus:
        """Return the status in *fields*; raises AttrError."""
        values = attr.take(fields, *DSN_NAMES, "status")
        hop = decode_dsn(values[:7])
        return cls(attr.to_int(values[7]) != 0, hop if hop.status else None)


#: What nearly all final statuses are, made once.
_FINISHED: Final = attr.encode(*_NO_DSN, "status", 0)
_AGAIN: Final = attr.encode(*_NO_DSN, "status", -1)
