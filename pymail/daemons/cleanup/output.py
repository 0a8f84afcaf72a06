"""The octets of a message on their way into its queue file, and what went wrong with it so far.

After a lethal error nothing more is kept, while the client's records are still read (cleanup answers at their end). If
cleanup itself has to return the message, only errors that leave the file incomplete are lethal.
"""

from __future__ import annotations

from typing import Final

from pymail.daemons.cleanup.settings import Settings
from pymail.ipc.cleanup import CleanupFlag, CleanupStatus
from pymail.log.events import cleanup as events
from pymail.log.logger import Log
from pymail.proto import record
from pymail.proto.record import RecordType
from pymail.queue.reader import SIZE_DATA, Sizes

#: Octets of the SIZE record, with which every queue file begins.
SIZE_RECORD: Final = 2 + SIZE_DATA
_INCOMPLETE: Final = CleanupStatus.BAD | CleanupStatus.WRITE | CleanupStatus.SIZE | CleanupStatus.DEFER
_ALL: Final = ~0


class Output:
    """One queue file in the making. *size* is the offset of the next octet."""

    __slots__ = (
        "_lethal",
        "_limit",
        "errors",
        "flags",
        "log",
        "parts",
        "queue_id",
        "reason",
        "settings",
        "size",
        "started_at",
    )

    def __init__(self, settings: Settings, log: Log, queue_id: str) -> None:
        self.settings = settings
        self.log = log
        self.queue_id = queue_id
        self.parts: list[bytes] = []
        #: The offset of the first octet of *parts*.
        self.started_at = SIZE_RECORD
        self.size = SIZE_RECORD
        self.flags = 0
        self.errors = 0
        self.reason = ""
        self._lethal = _ALL
        self._limit = settings.message_limit

    def set_flags(self, flags: int) -> None:
        """Take the client's flags."""
        self.flags = flags
        if flags & CleanupFlag.BOUNCE:
            self._lethal = _INCOMPLETE

    @property
    def is_open(self) -> bool:
        """False when what follows is thrown away."""
        return not self.errors & self._lethal and not self.flags & CleanupFlag.DISCARD

    def put(self, octets: bytes) -> None:
        """Append encoded records."""
        if self.errors & self._lethal or self.flags & CleanupFlag.DISCARD:
            return
        size = self.size + len(octets)
        if self._limit and size > self._limit:
            self.log.warning(events.size_limit_exceeded(self.queue_id))
            self.errors |= CleanupStatus.SIZE
            return
        self.size = size
        self.parts.append(octets)

    def put_line(self, line: str) -> None:
        """Append a line of content."""
        self.put(record.encode_lines([line.encode("utf-8", "surrogateescape")], self.settings.line_limit))

    def put_text(self, record_type: int, text: str) -> None:
        """Append a record whose data is *text*."""
        self.put(record.encode_text(record_type, text))

    def fail(self, status: int, reason: str = "") -> None:
        """Remember an error; *reason* goes to the client (`D.S.N text`), the first one stands."""
        self.errors |= status
        if reason and not self.reason:
            self.reason = reason

    def bad(self, text: str) -> None:
        """The client broke the protocol."""
        self.log.warning("%s: %s", self.queue_id, text)
        self.errors |= CleanupStatus.BAD

    def take(self) -> tuple[int, list[bytes]]:
        """Return (offset, octets) of what was not taken yet."""
        offset, parts = self.started_at, self.parts
        self.parts = []
        self.started_at = self.size
        return offset, parts


def encode_sizes(sizes: Sizes) -> bytes:
    """Return the SIZE record."""
    return record.encode(RecordType.MESSAGE_SIZE, sizes.encode())
