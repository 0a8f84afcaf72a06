"""Entry of proxymap: the sessions on private/proxymap and private/proxywrite."""

from __future__ import annotations

import asyncio
from typing import Final

from pymail.daemons.proxymap.approved import approved_tables
from pymail.daemons.proxymap.params import ProxymapParams
from pymail.daemons.proxymap.tables import ProxyTables
from pymail.daemons.proxymap.workers import WorkerLimits, Workers
from pymail.ipc.proxymap import PROTOCOL, ProxyReply, ProxyRequest, ProxyStatus, decode_request, encode_reply
from pymail.log.events import proxymap as events
from pymail.log.fatal import FatalError
from pymail.proto import attr
from pymail.server import event_server
from pymail.server.invocation import Invocation
from pymail.server.request_session import RequestSession
from pymail.tables.base import TableLog, TableOpenError
from pymail.tables.context import from_config

#: Seconds between looks at the tables' files.
CHECK_INTERVAL: Final = 10.0
#: Threads of a service without a process limit.
DEFAULT_THREADS: Final = 100
WRITE_SERVICE: Final = "proxywrite"
SERVICES: Final = ("proxymap", WRITE_SERVICE)

_ANNOUNCEMENT: Final = attr.announcement(PROTOCOL)
_REQUESTS: Final = (b"open", b"lookup", b"update", b"delete", b"sequence")


class Service:
    """Answers the requests of all clients."""

    __slots__ = ("_approved", "_log", "_tables", "_writes")

    def __init__(self, tables: ProxyTables, approved: frozenset[str], log: TableLog, *, writes: bool) -> None:
        self._tables = tables
        self._approved = approved
        self._log = log
        self._writes = writes

    async def answer(self, fields: list[bytes]) -> bytes | None:
        """Return the reply to the request *fields*. Raises AttrError."""
        if fields[:1] == [b"request"] and fields[1] not in _REQUESTS:
            self._log.warning(events.unrecognized(attr.to_text(fields[1])))
            return attr.encode("status", ProxyStatus.BAD)
        request = decode_request(fields)
        return encode_reply(request.name, await self._do(request))

    async def _do(self, request: ProxyRequest) -> ProxyReply:
        if request.table not in self._approved:
            self._log.warning(events.unapproved(request.table))
            access, parameter = ("read-write", "proxy_write_maps") if self._writes else ("read-only", "proxy_read_maps")
            self._log.warning(events.how_to_approve(request.table, access, parameter))
            return ProxyReply(ProxyStatus.DENIED)
        try:
            match request.name:
                case "open":
                    return self._tables.open(request)
                case "lookup":
                    return await self._tables.lookup(request)
                case _ if not self._writes:
                    self._log.warning(events.refused_change(request.table, request.name))
                    return ProxyReply(ProxyStatus.DENIED)
                case _:
                    return self._tables.change(request)
        except TableOpenError as error:
            self._log.warning(f"{request.table}: {error}")
            return ProxyReply(ProxyStatus.CONFIG)


class ProxymapDaemon:
    """The daemon, as the skeleton sees it."""

    __slots__ = ("_log", "_service", "_tables", "_workers")

    def before_jail(self, invocation: Invocation) -> None:
        """Read which tables are approved."""
        if invocation.service not in SERVICES:
            raise FatalError(f"service name must be one of {SERVICES[0]} or {SERVICES[1]}")
        self._log = invocation.log
        params = ProxymapParams(invocation.conf)
        writes = invocation.service == WRITE_SERVICE
        threads = invocation.share or DEFAULT_THREADS
        self._workers = Workers(WorkerLimits(threads, max(1, threads // 4)))
        self._tables = ProxyTables(from_config(invocation.conf, invocation.log), self._workers)
        approved = approved_tables(params.proxy_write_maps if writes else params.proxy_read_maps)
        self._service = Service(self._tables, approved, self._log, writes=writes)

    async def after_jail(self, invocation: Invocation) -> None:
        """Begin to look after the tables."""
        self._check_later()

    def _check_later(self) -> None:
        asyncio.get_running_loop().call_later(CHECK_INTERVAL, self._check)

    def _check(self) -> None:
        table = self._tables.changed()
        if table is not None:
            self._log.info(events.table_changed(table.spec))
            raise SystemExit(0)
        self._check_later()

    def session(self) -> RequestSession:
        """Serve one client."""
        return RequestSession(_ANNOUNCEMENT, self._service.answer, self._log.warning)

    async def at_exit(self) -> None:
        """Let the threads go."""
        self._workers.close()


def main(invocation: Invocation) -> None:
    """Live as proxymap(8)."""
    event_server.run(invocation, ProxymapDaemon())
