"""The contract of the bounce program (services bounce, defer and trace): what happened to a recipient, and reports.

`nrequest` selects: *append* a record to the log of a message; *flush* it into a report and delete it; *warn* of a delay
and keep it; *verp*, a report per recipient; *one* immediate report; *trace*, a report of deliveries. Reply: `status`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pymail.ipc.blocking import BlockingChannel
from pymail.ipc.channel import Channel
from pymail.ipc.delivery import DSN_NAMES, decode_dsn, encode_dsn
from pymail.ipc.errors import ServiceError
from pymail.mail.dsn import Dsn
from pymail.mail.envelope import Recipient
from pymail.proto import attr

PROTOCOL: Final = "delivery_status_protocol"

BOUNCE: Final = "bounce"
DEFER: Final = "defer"
TRACE: Final = "trace"


class BounceFlag:
    """Bits of a request's `flags`."""

    CLEAN: Final = 1
    DELRCPT: Final = 2


class RequestKind:
    """Values of `nrequest`."""

    APPEND: Final = 0
    FLUSH: Final = 1
    WARN: Final = 2
    VERP: Final = 3
    ONE: Final = 4
    TRACE: Final = 5


@dataclass(frozen=True, slots=True)
class Append:
    """Add what happened to one recipient to the log of its message."""

    flags: int
    queue_id: str
    recipient: Recipient
    dsn: Dsn

    def encode(self) -> bytes:
        """Return the request."""
        return attr.encode(
            "nrequest", RequestKind.APPEND, "flags", self.flags, "queue_id", self.queue_id,
            *_recipient(self.recipient), *encode_dsn(self.dsn),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """Make a report from the log of a message. *kind* is FLUSH, WARN, VERP or TRACE."""

    kind: int
    flags: int
    queue_name: str
    queue_id: str
    encoding: str
    sendopts: int
    sender: str
    envelope_id: str
    ret_flags: int
    verp_delimiters: str = ""

    def encode(self) -> bytes:
        """Return the request."""
        verp = ("verp_delimiters", self.verp_delimiters) if self.kind == RequestKind.VERP else ()
        return attr.encode("nrequest", self.kind, *_message(self), *verp)


@dataclass(frozen=True, slots=True)
class One:
    """Report one recipient at once, without a log."""

    report: Report
    recipient: Recipient
    dsn: Dsn

    def encode(self) -> bytes:
        """Return the request."""
        return attr.encode(
            "nrequest", RequestKind.ONE, *_message(self.report), *_recipient(self.recipient), *encode_dsn(self.dsn)
        )


Request = Append | Report | One

_MESSAGE_NAMES: Final = (
    "flags", "queue_name", "queue_id", "encoding", "sendopts", "sender", "envelope_id", "ret_flags"
)  # fmt: skip
_RECIPIENT_NAMES: Final = ("original_recipient", "recipient", "offset", "dsn_orig_rcpt", "notify_flags")


def _message(report: Report) -> tuple[str | int, ...]:
    return (
        "flags", report.flags, "queue_name", report.queue_name, "queue_id", report.queue_id,
        "encoding", report.encoding, "sendopts", report.sendopts, "sender", report.sender,
        "envelope_id", report.envelope_id, "ret_flags", report.ret_flags,
    )  # fmt: skip


def _recipient(recipient: Recipient) -> tuple[str | int, ...]:
    return (
        "original_recipient", recipient.original, "recipient", recipient.address, "offset", recipient.offset,
        "dsn_orig_rcpt", recipient.dsn_orig_rcpt, "notify_flags", recipient.notify,
    )  # fmt: skip


def _decode_recipient(values: list[str]) -> Recipient:
    original, address, offset, orcpt, notify = values
    return Recipient(address, original, attr.to_long(offset), orcpt, attr.to_int(notify))


def _decode_report(kind: int, values: list[str], verp_delimiters: str = "") -> Report:
    flags, queue_name, queue_id, encoding, sendopts, sender, envelope_id, ret_flags = values
    return Report(
        kind, attr.to_int(flags), queue_name, queue_id, encoding, attr.to_int(sendopts), sender, envelope_id,
        attr.to_int(ret_flags), verp_delimiters,
    )  # fmt: skip


def decode_request(fields: list[bytes]) -> Request:
    """Return the request in *fields*; raises AttrError."""
    if len(fields) < 2 or fields[0] != b"nrequest":
        raise attr.AttrError("missing attribute nrequest")
    kind = attr.to_int(attr.to_text(fields[1]))
    rest = fields[2:]
    match kind:
        case RequestKind.APPEND:
            values = attr.take(rest, "flags", "queue_id", *_RECIPIENT_NAMES, *DSN_NAMES)
            return Append(attr.to_int(values[0]), values[1], _decode_recipient(values[2:7]), decode_dsn(values[7:]))
        case RequestKind.FLUSH | RequestKind.WARN | RequestKind.TRACE:
            return _decode_report(kind, attr.take(rest, *_MESSAGE_NAMES))
        case RequestKind.VERP:
            values = attr.take(rest, *_MESSAGE_NAMES, "verp_delimiters")
            return _decode_report(kind, values[:8], values[8])
        case RequestKind.ONE:
            values = attr.take(rest, *_MESSAGE_NAMES, *_RECIPIENT_NAMES, *DSN_NAMES)
            return One(_decode_report(kind, values[:8]), _decode_recipient(values[8:13]), decode_dsn(values[13:]))
        case _:
            raise attr.AttrError(f"unknown request {kind}")


def encode_status(status: int) -> bytes:
    """Return the reply: 0 is success."""
    return attr.encode("status", status)


def _decode_status(fields: list[bytes], path: str) -> bool:
    try:
        return attr.to_int(attr.take(fields, "status")[0]) == 0
    except attr.AttrError as error:
        raise ServiceError(f"{path}: {error}") from error


class BounceClient:
    """Asks bounce, defer or trace on the event loop."""

    __slots__ = ("_directory", "_timeout")

    def __init__(self, timeout: float = 3600.0, directory: str = "private") -> None:
        self._timeout = timeout
        self._directory = directory

    async def ask(self, service: str, request: Request) -> bool:
        """Send *request* to *service*; True when it was done. A service that is away gives False."""
        path = f"{self._directory}/{service}"
        try:
            channel = await Channel.open(path)
        except ServiceError:
            return False
        try:
            attr.check_announcement(await channel.receive(self._timeout), PROTOCOL)
            channel.send(request.encode())
            return _decode_status(await channel.receive(self._timeout), path)
        except (ServiceError, attr.AttrError):
            return False
        finally:
            channel.close()


class BlockingBounceClient:
    """Asks bounce, defer or trace and waits."""

    __slots__ = ("_directory", "_timeout")

    def __init__(self, timeout: float = 3600.0, directory: str = "private") -> None:
        self._timeout = timeout
        self._directory = directory

    def ask(self, service: str, request: Request) -> bool:
        """Send *request* to *service*; True when it was done. A service that is away gives False."""
        path = f"{self._directory}/{service}"
        try:
            with BlockingChannel(path, self._timeout) as channel:
                channel.receive_announcement(PROTOCOL)
                channel.send(request.encode())
                return _decode_status(channel.receive(), path)
        except (ServiceError, attr.AttrError):
            return False
