"""One client of cleanup: announcement, flags, records, verdict.

The session owns its queue file until the committer has it, and removes it when the client hangs up early. It reads no
faster than the disk takes: while a piece of a big message is written, the connection is paused.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pymail.daemons.cleanup.aliases import REASON, Aliases, ExpansionError
from pymail.daemons.cleanup.message import Message
from pymail.daemons.cleanup.output import SIZE_RECORD, encode_sizes
from pymail.daemons.cleanup.recipients import Expanded
from pymail.daemons.cleanup.returning import Reports, can_return, report_expansions, return_message
from pymail.daemons.cleanup.settings import Settings
from pymail.ipc import eager
from pymail.ipc.cleanup import PROTOCOL, CleanupFlag, CleanupStatus, encode_result
from pymail.log.events import cleanup as events
from pymail.log.logger import Log
from pymail.proto import attr
from pymail.queue.commit import CommitJob
from pymail.queue.directories import QueueLayout
from pymail.queue.writer import SPILL_SIZE, QueueFile
from pymail.server.session import Session

#: What every client gets and most say, made once.
_ANNOUNCEMENT: Final = attr.announcement(PROTOCOL, "queue_id", "")[:-2]
_ACCEPTED: Final = encode_result(0, "")
_FLAGS: Final = b"flags\0"
_DISK_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
#: What smtpd says, too, when it knows before the content that there is no room.
_NO_SPACE: Final = "452 4.3.1 Insufficient system storage"


@dataclass(frozen=True, slots=True)
class Workshop:
    """What all sessions share."""

    settings: Settings
    log: Log
    layout: QueueLayout
    create: Callable[[], QueueFile]
    submit: Callable[[CommitJob], None]
    #: Called for each message that qmgr may deliver.
    wake_qmgr: Callable[[], None]
    aliases: Aliases
    reports: Reports
    #: Removes logs that an earlier message of the same ID left.
    remove_stale: Callable[[str], None]
    #: Seconds that a new message has to wait (in_flow_delay), usually 0.
    admission_delay: Callable[[], float]


class CleanupSession(Session):
    """One client and its message."""

    __slots__ = ("_busy", "_file", "_first", "_gone", "_has_flags", "_message", "_shop")

    def __init__(self, shop: Workshop) -> None:
        super().__init__()
        self._shop = shop
        self._file: QueueFile | None = None
        self._message: Message | None = None
        self._has_flags = False
        #: What came of the first list, as long as it is not complete.
        self._first = b""
        # True while the committer, a table or the bounce service has the message.
        self._busy = False
        self._gone = False

    # -- connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Make the queue file and tell its ID, later if mail comes in faster than it leaves."""
        super().connection_made(transport)
        delay = self._shop.admission_delay()
        if delay:
            asyncio.get_running_loop().call_later(delay, self._open)
        else:
            self._open()

    def _open(self) -> None:
        shop = self._shop
        if self._gone:
            return
        try:
            file = shop.create()
        except OSError as error:
            shop.log.warning("create file incoming/: %s", error)
            self.transport.abort()
            return
        self._file = file
        self._message = Message(shop.settings, shop.log, file.queue_id, file.created)
        shop.remove_stale(file.queue_id)
        self.transport.write(_ANNOUNCEMENT + file.queue_id.encode() + b"\0\0")

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the message unless it is somebody else's already."""
        self._gone = True
        if not self._busy:
            self._discard("canceled")
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take octets of the client."""
        message = self._message
        if message is None or self._file is None or message.is_done:
            return
        if not self._has_flags:
            data = self._read_flags(data)
            if not self._has_flags:
                return
        message.receive(data)
        if not self._busy:
            self._advance()

    def eof_received(self) -> bool:
        """The client hung up: nobody waits for a verdict."""
        return False

    def _read_flags(self, data: bytes) -> bytes:
        """Take the first list; return what follows it."""
        message = self._message
        assert message is not None
        end = data.find(b"\0\0", len(_FLAGS))
        if end > 0 and not self._first and data.startswith(_FLAGS) and data[len(_FLAGS) : end].isdigit():
            message.output.set_flags(int(data[len(_FLAGS) : end]))
            self._has_flags = True
            return data[end + 2 :]
        reader = attr.ListReader()
        self._first += data
        reader.feed(self._first)
        try:
            fields = reader.next_list()
            if fields is None:
                return b""
            message.output.set_flags(attr.to_int(attr.take(fields, "flags")[0]))
        except attr.AttrError as error:
            self._shop.log.warning("%s: %s", message.output.queue_id, error)
            self.transport.abort()
            return b""
        self._has_flags = True
        return reader.take_pending()

    # -- progress

    def _advance(self) -> None:
        """Do what the message asks for next."""
        message, file = self._message, self._file
        if message is None or file is None:
            return
        if message.waiting:
            self._begin_work()
            eager.start(self._expand(message), self._expanded)
        elif message.is_done:
            self._conclude(message, file)
        elif message.output.size - message.output.started_at > SPILL_SIZE:
            self._begin_work()
            offset, parts = message.output.take()
            self._shop.submit(CommitJob(file, parts, offset, final=False, done=self._spilled))

    def _begin_work(self) -> None:
        self._busy = True
        if not self._gone:
            self.transport.pause_reading()

    def _end_work(self) -> None:
        self._busy = False
        if self._gone:
            self._discard("canceled")
            return
        self.transport.resume_reading()
        self._advance()

    def _spilled(self, job: CommitJob) -> None:
        if job.error is not None:
            self._write_failed(job.error)
        self._end_work()

    def _write_failed(self, error: OSError) -> None:
        message = self._message
        assert message is not None
        output = message.output
        if error.errno == errno.EFBIG:
            self._shop.log.warning(events.size_limit_exceeded(output.queue_id))
            output.fail(CleanupStatus.SIZE)
        else:
            self._shop.log.warning("%s: write queue file: %s", output.queue_id, error.strerror)
            # Differs from Postfix, which says 451 "queue file write error" whatever the error was. RFC 5321 §4.2.3
            is_full = error.errno in _DISK_FULL and output.flags & CleanupFlag.SMTP_REPLY
            output.fail(CleanupStatus.WRITE, _NO_SPACE if is_full else "")

    async def _expand(self, message: Message) -> list[Expanded] | None:
        shop, output = self._shop, message.output
        try:
            expanded = await shop.aliases.expand_all(output.queue_id, message.waiting)
        except ExpansionError as error:
            shop.log.warning("%s", error)
            output.fail(error.status, REASON)
            return None
        if not await report_expansions(shop.reports, output.queue_id, expanded):
            shop.log.warning("%s: %s service is unavailable", output.queue_id, shop.reports.trace_service)
            output.fail(CleanupStatus.DEFER)
        return expanded

    def _expanded(self, expanded: list[Expanded] | None) -> None:
        message = self._message
        assert message is not None
        message.expand(expanded)
        self._end_work()

    # -- verdict

    def _conclude(self, message: Message, file: QueueFile) -> None:
        output = message.output
        if can_return(message):
            self._begin_work()
            offset, parts = output.take()
            head = encode_sizes(message.sizes())
            self._shop.submit(CommitJob(file, parts, offset, final=False, head=head, done=self._returnable))
        elif output.errors or output.flags & CleanupFlag.DISCARD:
            self._discard("canceled" if output.errors else "discarded")
            self._reply(output.errors)
        else:
            self._busy = True
            # First our lines: qmgr finds the file before anybody tells it.
            self._shop.log.flush()
            self._shop.submit(self._commit_job(message, file))

    def _commit_job(self, message: Message, file: QueueFile) -> CommitJob:
        head = encode_sizes(message.sizes())
        offset, parts = message.output.take()
        if offset == SIZE_RECORD:
            parts.insert(0, head)
            offset, head = 0, b""
        hold = ""
        if message.output.flags & CleanupFlag.HOLD:
            hold = self._shop.layout.path("hold", file.queue_id)
        return CommitJob(file, parts, offset, final=True, head=head, final_path=hold, done=self._committed)

    def _committed(self, job: CommitJob) -> None:
        """The file is durable, or gone."""
        self._file = None
        message = self._message
        assert message is not None
        if job.error is not None:
            self._write_failed(job.error)
        elif not job.final_path:
            self._shop.wake_qmgr()
        self._reply(message.output.errors)

    def _returnable(self, job: CommitJob) -> None:
        if job.error is not None:
            self._write_failed(job.error)
            self._returned(False)
        else:
            message = self._message
            assert message is not None
            eager.start(return_message(self._shop.reports, message, job.file), self._returned)

    def _returned(self, success: bool) -> None:
        message = self._message
        assert message is not None
        if success:
            self._discard("discarded")
            self._reply(0)
        else:
            message.output.fail(CleanupStatus.WRITE)
            self._discard("canceled")
            self._reply(message.output.errors)

    def _reply(self, status: int) -> None:
        message, self._message = self._message, None
        if self._gone or message is None:
            return
        reason = message.output.reason
        self.transport.write(encode_result(status, reason) if status or reason else _ACCEPTED)
        self.transport.close()

    def _discard(self, why: str) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.remove()
            self._shop.log.info(events.removed(file.queue_id, why))
