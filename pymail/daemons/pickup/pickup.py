"""The work of pickup: each file of the maildrop goes through cleanup, and is removed when it is safe there.

A file that can never become a message is removed, too (it would be tried forever); in doubt it is kept.
"""

from __future__ import annotations

import enum
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from pymail.daemons.pickup.maildrop import DropFile, MailDrop, explain, open_drop
from pymail.daemons.pickup.params import PickupParams
from pymail.ipc.cleanup import CleanupFlag, CleanupResult, CleanupStatus, reply_for
from pymail.ipc.errors import ServiceError
from pymail.log.events import pickup as events
from pymail.log.logger import Log
from pymail.mail.date import format_date
from pymail.mail.quoting import quote
from pymail.proto import record
from pymail.proto.record import CONTENT_TYPES, ENVELOPE_TYPES, EXTRACTED_TYPES, RecordType
from pymail.queue.reader import CorruptFileError, read_records

_DAY: Final = 86400
_HOUR: Final = 3600
#: Octets that are handed to cleanup at a time.
_CHUNK: Final = 64 * 1024
#: What a user's mail may not decide, and what mail that is queued again gets anew.
_NOT_PASSED: Final = frozenset((RecordType.FILTER, RecordType.REDIRECT, RecordType.INSPECTOR))
_NOT_PASSED_EXTRACTED: Final = _NOT_PASSED | {RecordType.RETURN_RECEIPT, RecordType.ERRORS_TO}
#: Results of the inspection of the content, which cleanup repeats.
_EXTRACTED_RESULTS: Final = (b"message_id=", b"encoding=")
#: BOUNCE: cleanup returns what it refuses, since the bounce service cannot read the maildrop.
_FLAGS: Final = CleanupFlag.BOUNCE | CleanupFlag.FILTER | CleanupFlag.BCC_OK | CleanupFlag.MAP_OK | CleanupFlag.MILTER
#: receive_override_options: what each takes away.
_OVERRIDES: Final = {
    "no_address_mappings": CleanupFlag.BCC_OK | CleanupFlag.MAP_OK,
    "no_header_body_checks": CleanupFlag.FILTER,
    "no_milters": CleanupFlag.MILTER,
}


class Submission(Protocol):
    """`ipc.cleanup.BlockingCleanup`."""

    queue_id: str

    def send(self, records: bytes) -> None:
        """Send records; raises ServiceError."""

    def finish(self) -> CleanupResult:
        """Return the verdict; raises ServiceError."""

    def cancel(self) -> None:
        """Hang up."""


class Fate(enum.Enum):
    """What becomes of the file in the maildrop."""

    REMOVE = enum.auto()
    KEEP = enum.auto()


class BadRecordError(Exception):
    """The file holds a record that it must not hold; *record_type* is -1 where it is no record at all."""

    def __init__(self, record_type: int) -> None:
        super().__init__(f"record type {record_type}")
        self.record_type = record_type


@dataclass(frozen=True, slots=True)
class Pickup:
    """The daemon's state. *open_cleanup* connects with the given flags."""

    params: PickupParams
    drop: MailDrop
    open_cleanup: Callable[[int], Submission]
    log: Log
    owner_uid: int
    clock: Callable[[], float]
    #: Local time at an epoch: seconds east of UTC, name of the zone.
    zone: Callable[[float], tuple[int, str]]

    def on_trigger(self) -> None:
        """Scan again until a pass removes nothing: mail may arrive meanwhile."""
        while self._scan() > 0:
            pass

    def _scan(self) -> int:
        removed = 0
        for file in self.drop.scan(self.clock()):
            if self._submit(file) is Fate.KEEP:
                continue
            try:
                os.unlink(file.path)
            except OSError as error:
                self.log.warning("remove %s: %s", file.path, error.strerror)
            else:
                removed += 1
        return removed

    def _submit(self, file: DropFile) -> Fate:
        try:
            fd = open_drop(file)
        except FileNotFoundError:
            return Fate.KEEP
        except OSError as error:
            return self._unreadable(file, error)
        try:
            return self._hand_over(file, fd)
        except BadRecordError as error:
            self.log.warning(events.bad_record(file.uid, error.record_type))
            return Fate.REMOVE
        except ServiceError as error:
            self.log.warning("%s: %s", file.path, error)
            return Fate.KEEP
        except OSError as error:
            self.log.warning("read %s: %s", file.path, error.strerror)
            return Fate.KEEP
        finally:
            os.close(fd)

    def _unreadable(self, file: DropFile, error: OSError) -> Fate:
        self.log.warning("open input file %s: %s", file.path, explain(error))
        if isinstance(error, PermissionError) and error.errno == 13:
            self.log.warning(
                "if this file was created by Postfix < 1.1, then you may have to chmod a+r %s/%s",
                self.params.queue_directory,
                file.path,
            )
            return Fate.KEEP
        return Fate.REMOVE

    def _flags(self, file: DropFile) -> int:
        params = self.params
        flags = _FLAGS
        for option in params.receive_override_options.replace(",", " ").split():
            flags &= ~_OVERRIDES.get(option, 0)
        if file.is_requeued(self.owner_uid):
            return flags & ~CleanupFlag.MILTER
        classes = params.smtputf8_autodetect_classes.replace(",", " ").split()
        if params.smtputf8_enable and ("sendmail" in classes or "all" in classes):
            flags |= CleanupFlag.AUTOUTF8
        return flags

    def _hand_over(self, file: DropFile, fd: int) -> Fate:
        submission = self.open_cleanup(self._flags(file))
        try:
            buffer: list[bytes] = []
            size = 0
            for octets in self._stream(file, fd, submission.queue_id):
                buffer.append(octets)
                size += len(octets)
                if size > _CHUNK:
                    submission.send(b"".join(buffer))
                    buffer.clear()
                    size = 0
            submission.send(b"".join(buffer))
        except BaseException:
            submission.cancel()
            raise
        return self._judge(file, submission.queue_id, submission.finish())

    def _judge(self, file: DropFile, queue_id: str, result: CleanupResult) -> Fate:
        if result.accepted:
            return Fate.REMOVE
        # With a reason, cleanup has logged it.
        if not result.reason:
            self.log.warning("%s: error writing %s: %s", file.path, queue_id, reply_for(result.status).text)
        hopeless = result.status & (CleanupStatus.BAD | CleanupStatus.RCPT)
        return Fate.REMOVE if hopeless else Fate.KEEP

    def _stream(self, file: DropFile, fd: int, queue_id: str) -> Iterator[bytes]:
        """Yield what cleanup gets; raises BadRecordError. Logs the message when its envelope is complete."""
        moment = self._plausible_time(file, queue_id)
        records = _checked(read_records(fd), file, self.params.line_length_limit)
        if self.params.content_filter:
            yield record.encode_text(RecordType.FILTER, self.params.content_filter)
        sender = None
        for record_type, data in _segment(records, ENVELOPE_TYPES, RecordType.MESSAGE):
            if record_type in _NOT_PASSED:
                continue
            if record_type == RecordType.SENDER and sender is None:
                sender = data.decode("utf-8", "surrogateescape")
            yield record.encode(record_type, data)
        if sender is None:
            self.log.warning("%s: uid=%d: no envelope sender", queue_id, file.uid)
            raise BadRecordError(-1)
        self._log_message(file, queue_id, sender)
        yield self._content_start(file, queue_id, moment)
        is_first = True
        for record_type, data in _segment(records, CONTENT_TYPES, RecordType.EXTRACTED):
            if is_first and data[:1].isspace():
                # It would go on with our Received: field.
                yield record.encode(RecordType.TEXT)
            is_first = False
            yield record.encode(record_type, data)
        yield record.encode(RecordType.EXTRACTED)
        for record_type, data in _segment(records, EXTRACTED_TYPES, RecordType.END):
            if record_type in _NOT_PASSED_EXTRACTED:
                continue
            if record_type == RecordType.ATTRIBUTE and data.startswith(_EXTRACTED_RESULTS):
                continue
            yield record.encode(record_type, data)
        yield record.encode(RecordType.END)

    def _plausible_time(self, file: DropFile, queue_id: str) -> float:
        now = self.clock()
        if file.modified > now + 2 * _HOUR:
            self.log.warning(events.in_the_future(queue_id, file.path, int(file.modified - now)))
            return now
        if file.modified < now - _DAY:
            self.log.warning(events.queued_for_days(queue_id, file.path, int(now - file.modified) // _DAY))
        return file.modified

    def _log_message(self, file: DropFile, queue_id: str, sender: str) -> None:
        original_id = file.queue_id if file.is_requeued(self.owner_uid) else ""
        shown = sender if self.params.info_log_address_format == "internal" else quote(sender)
        self.log.info(events.picked_up(queue_id, file.uid, shown, original_id))
        self.log.flush()  # before cleanup gets the end of the message, so that the lines of a message are in order

    def _content_start(self, file: DropFile, queue_id: str, moment: float) -> bytes:
        params = self.params
        date = format_date(int(moment), *self.zone(moment))
        received = (
            f"Received: by {params.myhostname} ({params.mail_name}, from userid {file.uid})",
            f"\tid {queue_id}; {date}",
        )
        lines = [line.encode("utf-8", "surrogateescape") for line in received]
        return record.encode(RecordType.MESSAGE) + record.encode_lines(lines, params.line_length_limit)


def _checked(records: Iterator[tuple[int, int, bytes]], file: DropFile, limit: int) -> Iterator[tuple[int, bytes]]:
    """Yield (type, data); raises BadRecordError for a damaged file and for records over *limit* octets."""
    try:
        for _, record_type, data in records:
            if len(data) > limit:
                raise BadRecordError(record_type)
            yield record_type, data
    except CorruptFileError as error:
        raise BadRecordError(-1) from error


def _segment(records: Iterator[tuple[int, bytes]], allowed: frozenset[int], end: int) -> Iterator[tuple[int, bytes]]:
    """Yield the records up to the marker *end*; raises BadRecordError for one that is not *allowed*."""
    for record_type, data in records:
        if record_type == end:
            return
        if record_type not in allowed:
            raise BadRecordError(record_type)
        yield record_type, data
    raise BadRecordError(-1)
