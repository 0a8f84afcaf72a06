"""Carries out the requests: appends to logs, makes reports from them, and removes them.

File work that waits for the disk (the sync of a log) runs in threads, reports run on the loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

from pymail.daemons.bounce.message import Facts, compose
from pymail.daemons.bounce.notice import Kind, Notice, Policy, Silence, kind_of, notices, reported
from pymail.daemons.bounce.original import Original, read_original
from pymail.daemons.bounce.params import BounceParams
from pymail.daemons.bounce.post import Post
from pymail.ipc.bounce import TRACE, Append, BounceFlag, One, Report, RequestKind
from pymail.ipc.delivery import SendOption
from pymail.log.events import bounce as events
from pymail.log.logger import Log
from pymail.queue import logs
from pymail.queue.directories import QueueLayout
from pymail.queue.logs import LogEntry
from pymail.queue.mark import MarkError, mark_done
from pymail.queue.names import is_queue_id
from pymail.queue.reader import CorruptFileError

_UTF8: Final = SendOption.SMTPUTF8_REQUESTED | SendOption.SMTPUTF8_HEADER | SendOption.SMTPUTF8_SENDER
#: Logs that are written at the same time.
_WRITERS: Final = 8


class Bounces:
    """The service named *service* (`bounce`, `defer` or `trace`): its logs and its reports."""

    def __init__(self, service: str, params: BounceParams, log: Log, post: Post, clock: Callable[[], float]) -> None:
        self._service = service
        self._params = params
        self._log = log
        self._post = post
        self._clock = clock
        self._layout = QueueLayout(
            frozenset(params.hash_queue_names.replace(",", " ").split()), params.hash_queue_depth
        )
        self._writers = ThreadPoolExecutor(_WRITERS, "log")
        self._policy = Policy(
            frozenset(params.notify_classes.replace(",", " ").lower().split()),
            f"{params.double_bounce_sender}@{params.myhostname}",
            params.bounce_notice_recipient,
            params.double_bounce_notice_recipient,
            params.delay_notice_recipient,
        )

    async def serve(self, request: Append | Report | One) -> bool:
        """Carry out *request*; False asks the client to try again later."""
        queue_id = request.report.queue_id if isinstance(request, One) else request.queue_id
        if not is_queue_id(queue_id):
            self._log.warning("malformed queue id: %s", queue_id)
            return False
        match request:
            case Append():
                return await self._append(request)
            case One():
                entry = LogEntry(request.recipient, request.dsn)
                return await self._send_all(request.report, [entry])
            case Report():
                return await self._report(request)

    async def _append(self, request: Append) -> bool:
        path = self._layout.path(self._service, request.queue_id)
        recipient = request.recipient
        if recipient.original and recipient.original.lower() == recipient.address.lower():
            recipient = replace(recipient, original="")
        entry = LogEntry(recipient, request.dsn)
        compatible = self._params.backwards_bounce_logfile_compatibility
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._writers, lambda: logs.append(path, entry, compatible=compatible))
        except OSError as error:
            self._log.warning("append file %s: %s", path, error.strerror or error)
            if request.flags & BounceFlag.CLEAN:
                logs.remove(path)
            return False
        return True

    async def _report(self, request: Report) -> bool:
        path = self._layout.path(self._service, request.queue_id)
        try:
            entries = logs.read(path, self._service)
        except FileNotFoundError:
            return request.kind == RequestKind.TRACE
        except OSError as error:
            self._log.warning("open file %s: %s", path, error.strerror or error)
            return False
        done = await self._send_all(request, entries)
        if done and request.kind != RequestKind.WARN:
            self._finish(request, path, entries)
        elif not done and request.flags & BounceFlag.CLEAN and self._service != TRACE:
            logs.remove(path)
        return done

    def _finish(self, request: Report, path: str, entries: list[LogEntry]) -> None:
        if request.flags & BounceFlag.DELRCPT and request.kind != RequestKind.TRACE:
            message = self._layout.path(request.queue_name, request.queue_id)
            for entry in entries:
                try:
                    mark_done(message, entry.recipient.offset)
                except (OSError, MarkError) as error:
                    self._log.warning("%s: update recipient record: %s", request.queue_id, error)
        logs.remove(path)

    async def _send_all(self, request: Report, entries: list[LogEntry]) -> bool:
        kind = kind_of(request.kind, request.flags)
        wanted = notices(kind, request.sender, request.ret_flags, self._policy)
        if isinstance(wanted, Silence):
            if kind in (Kind.SUCCESS, Kind.PROBE):
                self._log.info(events.not_sending_trace(request.queue_id, wanted.value))
            else:
                self._log.warning("%s", events.postmaster_discarded(request.queue_id))
            return True
        for notice in wanted:
            shown = reported(entries, kind, to_postmaster=notice.to_postmaster)
            # The sender's report decides; a copy for the postmaster that fails is no reason to send the report again.
            if shown and not await self._send(request, notice, shown) and notice is wanted[0]:
                return False
        return True

    async def _send(self, request: Report, notice: Notice, entries: list[LogEntry]) -> bool:
        now = self._clock()
        original = self._original(request, notice, now)
        facts = Facts(
            queue_id=request.queue_id,
            hostname=self._params.myhostname,
            mail_name=self._params.mail_name,
            sender=request.sender,
            envelope_id=request.envelope_id,
            boundary=f"{request.queue_id}.{int(now)}/{self._params.myhostname}",
            arrival=self._post.date(original.arrival),
            retry_until=self._post.date(original.arrival + self._params.maximal_queue_lifetime),
            lifetime=self._params.maximal_queue_lifetime,
            size_limit=self._params.bounce_size_limit,
            utf8=bool(request.sendopts & _UTF8),
        )
        lines = compose(notice, entries, facts, original)
        new_id = await self._post.send(notice.sender, notice.recipient, lines, now)
        if new_id is None:
            return False
        audience = "postmaster" if notice.to_postmaster else "sender"
        self._log.info(events.notification(request.queue_id, audience, notice.kind.word, new_id))
        return True

    def _original(self, request: Report, notice: Notice, now: float) -> Original:
        path = self._layout.path(request.queue_name, request.queue_id)
        limit = self._params.bounce_size_limit if notice.whole_message else 0
        try:
            return read_original(path, limit)
        except (OSError, CorruptFileError) as error:
            self._log.warning("%s: read %s: %s", request.queue_id, path, error)
            return Original.unknown(now)
