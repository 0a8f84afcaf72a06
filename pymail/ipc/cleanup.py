"""The contract of cleanup: flags, status bits, and the clients that hand it a message.

The server announces itself with the queue ID of a file that it has created already; the client sends `flags`, then
records (proto/record.py) up to the end record, and reads `status` and `reason`. Closing early cancels the message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pymail.ipc.blocking import BlockingChannel
from pymail.ipc.channel import Channel
from pymail.ipc.errors import ServiceError
from pymail.proto import attr

PROTOCOL: Final = "cleanup_protocol"
SERVICE: Final = "public/cleanup"


class CleanupFlag:
    """What cleanup shall do with the message."""

    BOUNCE: Final = 1
    FILTER: Final = 2
    HOLD: Final = 4
    DISCARD: Final = 8
    BCC_OK: Final = 16
    MAP_OK: Final = 32
    MILTER: Final = 64
    SMTP_REPLY: Final = 128
    SMTPUTF8: Final = 256
    AUTOUTF8: Final = 512
    REQTLS: Final = 1024


class CleanupStatus:
    """What went wrong; several bits may be set."""

    OK: Final = 0
    BAD: Final = 1
    WRITE: Final = 2
    SIZE: Final = 4
    CONT: Final = 8
    HOPS: Final = 16
    RCPT: Final = 64
    PROXY: Final = 128
    DEFER: Final = 256
    NOPERM: Final = 512


@dataclass(frozen=True, slots=True)
class StatusReply:
    """The SMTP code, enhanced status and text for one status bit."""

    bit: int
    code: int
    dsn: str
    text: str


#: In the order of precedence when several bits are set (Postfix, cleanup_strerror).
REPLIES: Final = (
    StatusReply(CleanupStatus.DEFER, 451, "4.7.1", "service unavailable"),
    StatusReply(CleanupStatus.PROXY, 451, "4.3.0", "queue file write error"),
    StatusReply(CleanupStatus.BAD, 451, "4.3.0", "internal protocol error"),
    StatusReply(CleanupStatus.RCPT, 550, "5.1.0", "no recipients specified"),
    StatusReply(CleanupStatus.HOPS, 554, "5.4.0", "too many hops"),
    StatusReply(CleanupStatus.SIZE, 552, "5.3.4", "message file too big"),
    StatusReply(CleanupStatus.CONT, 550, "5.7.1", "message content rejected"),
    StatusReply(CleanupStatus.WRITE, 451, "4.3.0", "queue file write error"),
    StatusReply(CleanupStatus.NOPERM, 550, "5.7.1", "service denied"),
)


def reply_for(status: int) -> StatusReply:
    """Return the reply for the most important bit of *status* (which must not be 0)."""
    for reply in REPLIES:
        if status & reply.bit:
            return reply
    return StatusReply(status, 451, "4.3.0", "unknown error")


@dataclass(frozen=True, slots=True)
class CleanupResult:
    """Cleanup's verdict; *reason* is empty, `D.S.N text`, or (with SMTP_REPLY) a complete SMTP reply."""

    status: int
    reason: str

    @property
    def accepted(self) -> bool:
        """True when the message is safe on disk."""
        return self.status == CleanupStatus.OK


def encode_flags(flags: int) -> bytes:
    """Return the first list of the client."""
    return attr.encode("flags", flags)


def encode_result(status: int, reason: str) -> bytes:
    """Return cleanup's last list."""
    return attr.encode("status", status, "reason", reason)


def decode_result(fields: list[bytes]) -> CleanupResult:
    """Return the verdict in *fields*; raises ServiceError."""
    try:
        status, reason = attr.take(fields, "status", "reason")
        return CleanupResult(attr.to_int(status), reason)
    except attr.AttrError as error:
        raise ServiceError(f"{SERVICE}: {error}") from error


def _queue_id(fields: list[bytes]) -> str:
    try:
        return attr.check_announcement(fields, PROTOCOL, "queue_id")[0]
    except attr.AttrError as error:
        raise ServiceError(f"{SERVICE}: {error}") from error


class CleanupClient:
    """One message on its way to cleanup, on the event loop. The flags go out with the first records."""

    __slots__ = ("_channel", "_flags", "_timeout", "queue_id")

    def __init__(self, channel: Channel, queue_id: str, flags: int, timeout: float) -> None:
        self._channel = channel
        self._flags = encode_flags(flags)
        self._timeout = timeout
        self.queue_id = queue_id

    @classmethod
    async def open(cls, flags: int, path: str = SERVICE, timeout: float = 3600.0) -> CleanupClient:
        """Connect and learn the queue ID; raises ServiceError."""
        channel = await Channel.open(path)
        try:
            queue_id = _queue_id(await channel.receive(timeout))
        except BaseException:
            channel.close()
            raise
        return cls(channel, queue_id, flags, timeout)

    def send(self, records: bytes) -> None:
        """Send encoded records; raises ServiceError when cleanup is gone."""
        if self._flags:
            records = self._flags + records
            self._flags = b""
        self._channel.send(records)

    @property
    def must_wait(self) -> bool:
        """True while cleanup reads slower than we write."""
        return self._channel.must_wait

    async def drain(self) -> None:
        """Wait until cleanup caught up."""
        await self._channel.drain()

    async def finish(self) -> CleanupResult:
        """Wait for the verdict, after the end record was sent; raises ServiceError."""
        try:
            return decode_result(await self._channel.receive(self._timeout))
        finally:
            self._channel.close()

    def cancel(self) -> None:
        """Hang up: cleanup forgets the message."""
        self._channel.close()


class BlockingCleanup:
    """One message on its way to cleanup; blocks."""

    __slots__ = ("_channel", "queue_id")

    def __init__(self, flags: int, path: str = SERVICE, timeout: float = 3600.0) -> None:
        self._channel = BlockingChannel(path, timeout)
        try:
            self.queue_id = _queue_id(self._channel.receive())
            self._channel.send(encode_flags(flags))
        except ServiceError:
            self._channel.close()
            raise

    def send(self, records: bytes) -> None:
        """Send encoded records; raises ServiceError."""
        self._channel.send(records)

    def finish(self) -> CleanupResult:
        """Wait for the verdict, after the end record was sent; raises ServiceError."""
        try:
            return decode_result(self._channel.receive())
        finally:
            self._channel.close()

    def cancel(self) -> None:
        """Hang up: cleanup forgets the message."""
        self._channel.close()
