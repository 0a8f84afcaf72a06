"""Entry of trivial-rewrite: the sessions on private/rewrite."""

from __future__ import annotations

import asyncio
from typing import Final

from pymail.daemons.trivial_rewrite.params import TrivialRewriteParams
from pymail.daemons.trivial_rewrite.setup import Engine, build_engine
from pymail.ipc import eager
from pymail.ipc.rewrite import (
    PROTOCOL,
    VERIFY,
    ResolveReply,
    ResolveRequest,
    RewriteRequest,
    decode_request,
    encode_resolve_reply,
    encode_rewrite_reply,
)
from pymail.log.events import trivial_rewrite as events
from pymail.log.fatal import FatalError
from pymail.log.logger import Log
from pymail.mail.rewrite import rewrite_address
from pymail.net.families import BadProtocolError, parse_protocols
from pymail.net.own_addresses import BadInterfacesError, own_addresses
from pymail.proto import attr
from pymail.server import event_server
from pymail.server.invocation import Invocation
from pymail.server.session import Session
from pymail.tables.context import from_config

#: Seconds between looks at the tables' files (Postfix: 10 s).
CHECK_INTERVAL: Final = 10.0

_ANNOUNCEMENT: Final = attr.announcement(PROTOCOL)


class RewriteSession(Session):
    """One client: any number of requests, answered in their order."""

    __slots__ = ("_busy", "_engine", "_log", "_reader", "_waited")

    def __init__(self, engine: Engine, log: Log) -> None:
        super().__init__()
        self._engine = engine
        self._log = log
        self._reader = attr.ListReader()
        #: A request is being answered; *waited* when that takes more than this turn of the loop.
        self._busy = False
        self._waited = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Announce the protocol."""
        super().connection_made(transport)
        self.transport.write(_ANNOUNCEMENT)

    def data_received(self, data: bytes) -> None:
        """Take requests."""
        self._reader.feed(data)
        self._serve()

    def _serve(self) -> None:
        try:
            while not self._busy:
                fields = self._reader.next_list()
                if fields is None:
                    return
                self._answer(fields)
        except attr.AttrError as error:
            self._log.warning("%s", error)
            self.transport.close()

    def _answer(self, fields: list[bytes]) -> None:
        if fields[:1] == [b"request"] and fields[1] not in (b"rewrite", b"resolve", b"verify"):
            self._log.warning(events.bad_command(attr.to_text(fields[1])))
            self.transport.close()
            return
        request = decode_request(fields)
        if isinstance(request, RewriteRequest):
            self._rewrite(request)
            return
        self._busy, self._waited = True, False
        eager.start(self._resolve(request), self._resolved)
        self._waited = self._busy

    def _rewrite(self, request: RewriteRequest) -> None:
        rules = {"local": self._engine.local, "remote": self._engine.remote}.get(request.rule)
        if rules is None:
            self._log.warning(events.unknown_context(request.rule))
            self.transport.close()
            return
        self.transport.write(encode_rewrite_reply(rewrite_address(request.address, rules)))

    async def _resolve(self, request: ResolveRequest) -> ResolveReply:
        resolver = self._engine.verifier if request.kind == VERIFY else self._engine.resolver
        answered = False
        try:
            reply = await resolver.resolve(request.sender, request.address)
            answered = True
            return reply
        finally:
            if not answered:
                self.transport.abort()

    def _resolved(self, reply: ResolveReply) -> None:
        self._busy = False
        if not self.transport.is_closing():
            self.transport.write(encode_resolve_reply(reply))
        if self._waited:
            self._serve()


class TrivialRewriteDaemon:
    """The daemon, as the skeleton sees it."""

    __slots__ = ("_engine", "_log")

    def before_jail(self, invocation: Invocation) -> None:
        """Open all tables."""
        self._log = invocation.log
        params = TrivialRewriteParams(invocation.conf)
        try:
            own = own_addresses(params.inet_interfaces, params.proxy_interfaces, parse_protocols(params.inet_protocols))
        except (BadInterfacesError, BadProtocolError) as error:
            raise FatalError(str(error)) from error
        context = from_config(invocation.conf, invocation.log, in_loop=True)
        self._engine = build_engine(params, context, own.all)

    async def after_jail(self, invocation: Invocation) -> None:
        """Begin to look after the tables."""
        self._check_later()

    def _check_later(self) -> None:
        asyncio.get_running_loop().call_later(CHECK_INTERVAL, self._check)

    def _check(self) -> None:
        table = self._engine.changed_table()
        if table is not None:
            self._log.info(events.table_changed(table.spec))
            raise SystemExit(0)
        self._check_later()

    def session(self) -> RewriteSession:
        """Serve one client."""
        return RewriteSession(self._engine, self._log)


def main(invocation: Invocation) -> None:
    """Live as trivial-rewrite(8)."""
    event_server.run(invocation, TrivialRewriteDaemon())
