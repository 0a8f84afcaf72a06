"""What is in the queue: the listing that `mailq` shows, message by message.

Used by showq, and by postqueue while the mail system is down. Recipients that the defer and bounce logs know come
first, with the reason; then those of the queue file that are still to do. Files come and go meanwhile: one that is
gone, or not complete, is left out. A file that is damaged is shown as far as it could be read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from pymail.ipc.showq import ListedMessage, ListedRecipient
from pymail.mail.quoting import quote
from pymail.proto.record import RecordType
from pymail.queue import logs
from pymail.queue.directories import QueueLayout
from pymail.queue.mark import EXPIRE_MODE, is_ready
from pymail.queue.reader import CorruptFileError, parse_sizes, parse_time, read_records
from pymail.util.text import printable

#: In the order in which they are listed.
QUEUES: Final = ("maildrop", "active", "incoming", "deferred", "hold")
_LOG_SERVICES: Final = ("defer", "bounce")


@dataclass(frozen=True, slots=True)
class Lister:
    """How to list: *empty_sender* is shown for the null address, *duplicate_limit* addresses are remembered."""

    layout: QueueLayout
    warn: Callable[[str], None]
    empty_sender: str = "MAILER-DAEMON"
    duplicate_limit: int = 1000

    def messages(self) -> Iterator[ListedMessage | None]:
        """Yield each message; None for a file that is passed over, so that the caller can do something else."""
        for queue_name in QUEUES:
            for entry in self.layout.entries(queue_name):
                yield self._message(queue_name, entry.name, entry.path)

    def _message(self, queue_name: str, queue_id: str, path: str) -> ListedMessage | None:
        try:
            if not is_ready(os.lstat(path).st_mode):
                return None
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            self.warn(f"open {queue_name} {queue_id}: {error.strerror}")
            return None
        try:
            return self._read(fd, queue_name, queue_id)
        except OSError as error:
            self.warn(f"read {queue_name} {queue_id}: {error.strerror}")
            return None
        finally:
            os.close(fd)

    def _read(self, fd: int, queue_name: str, queue_id: str) -> ListedMessage | None:
        state = os.fstat(fd)
        message = ListedMessage(
            queue_name, queue_id, 0, 0, bool(state.st_mode & EXPIRE_MODE), self.empty_sender, []
        )  # fmt: skip
        reader = _FileReader(message, self.empty_sender)
        try:
            self._read_records(fd, reader)
        except CorruptFileError as error:
            reader.problem = reader.problem or str(error)
        if reader.problem:
            self.warn(f"{queue_id}: {reader.problem}")
        if not reader.has_sender:
            return None
        message.arrival = message.arrival or int(state.st_mtime)
        message.size = message.size or state.st_size
        return message

    def _read_records(self, fd: int, reader: _FileReader) -> None:
        """Read the envelope, then what stands behind the content. Raises CorruptFileError, OSError."""
        for _offset, record_type, data in read_records(fd):
            if record_type == RecordType.MESSAGE and reader.behind_content:
                break
            if reader.take(record_type, data):
                return
            if record_type == RecordType.SENDER:
                self._logged(reader)
        for _offset, record_type, data in read_records(fd, reader.behind_content):
            if reader.take(record_type, data):
                return

    def _logged(self, reader: _FileReader) -> None:
        """Add what the logs of failed attempts say."""
        queue_id = reader.message.queue_id
        reader.room = self.duplicate_limit
        for service in _LOG_SERVICES:
            try:
                entries = logs.read(self.layout.path(service, queue_id), service)
            except FileNotFoundError:
                continue
            except OSError as error:
                self.warn(f"open {service} {queue_id}: {error.strerror}")
                continue
            for entry in entries:
                address, original = entry.recipient.address, entry.recipient.original
                reader.add(address, "" if original == address else original, service, entry.dsn.reason)


class _FileReader:
    """Takes the records of one file, and fills a message with them."""

    __slots__ = ("_empty", "_original", "_seen", "behind_content", "has_sender", "message", "problem", "room")

    def __init__(self, message: ListedMessage, empty_sender: str) -> None:
        self.message = message
        self._empty = empty_sender
        self._original = ""
        self._seen: set[str] = set()
        #: Where the records behind the content begin; 0: not known.
        self.behind_content = 0
        self.has_sender = False
        #: What is wrong with the file.
        self.problem = ""
        #: Addresses that may still be remembered.
        self.room = 0

    def take(self, record_type: int, data: bytes) -> bool:
        """Take a record; True when the rest of the file is of no interest."""
        message = self.message
        if record_type == RecordType.RECIPIENT:
            if not self.has_sender:
                self.problem = f"missing sender address: {_shown(data)} -- skipping remainder of this file"
                return True
            self.add(_shown(data), self._original, "", "")
            self._original = ""
        elif record_type == RecordType.ORIGINAL_RECIPIENT:
            self._original = _shown(data)
        elif record_type in (RecordType.DONE, RecordType.CANCELED):
            self._original = ""
        elif record_type == RecordType.MESSAGE_SIZE:
            self._take_size(data)
        elif record_type == RecordType.ARRIVAL_TIME:
            message.arrival = message.arrival or _seconds(data)
        elif record_type == RecordType.SENDER:
            if self.has_sender:
                self.problem = f"duplicate sender address: {_shown(data)} -- skipping remainder of this file"
                return True
            self.has_sender = True
            message.sender = _external(_shown(data)) or self._empty
        return record_type == RecordType.END

    def _take_size(self, data: bytes) -> None:
        if self.message.size:
            return
        try:
            sizes = parse_sizes(data)
        except CorruptFileError:
            self.problem = f"malformed size record: {_shown(data[:100])} -- using file size instead"
            return
        self.message.size = sizes.content_span
        self.behind_content = sizes.data_offset + sizes.content_span

    def add(self, address: str, original: str, log_class: str, reason: str) -> None:
        """Add a recipient, unless it is listed already."""
        if address in self._seen:
            return
        if self.room > 0:
            self.room -= 1
            self._seen.add(address)
        self.message.recipients.append(
            ListedRecipient(_external(address), _external(original), log_class, printable(reason.rstrip()))
        )


def _seconds(data: bytes) -> int:
    try:
        return int(parse_time(data))
    except CorruptFileError:
        return 0


def _shown(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape").replace("\0", "?")


def _external(address: str) -> str:
    return printable(quote(address)) if address else ""
