"""Entry of trivial-rewrite: the sessions on private/rewrite."""

from __future__ import annotations

import asyncio
from typing import Final

from pymail.daemons.trivial_rewrite.params import TrivialRewriteParams
from pymail.daemons.trivial_rewrite.setup import Engine, build_engine
from pymail.ipc.rewrite import (
    PROTOCOL,
    VERIFY,
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
from pymail.server.request_session import RequestSession
from pymail.tables.context import from_config

#: Seconds between looks at the tables' files (Postfix: 10 s).
CHECK_INTERVAL: Final = 10.0

_ANNOUNCEMENT: Final = attr.announcement(PROTOCOL)
_REQUESTS: Final = (b"rewrite", b"resolve", b"verify")


class Service:
    """Answers the requests of all clients."""

    __slots__ = ("_engine", "_log")

    def __init__(self, engine: Engine, log: Log) -> None:
        self._engine = engine
        self._log = log

    async def answer(self, fields: list[bytes]) -> bytes | None:
        """Return the reply to the request *fields*, None when there is none. Raises AttrError."""
        if fields[:1] == [b"request"] and fields[1] not in _REQUESTS:
            self._log.warning(events.bad_command(attr.to_text(fields[1])))
            return None
        request = decode_request(fields)
        if isinstance(request, RewriteRequest):
            return self._rewrite(request)
        resolver = self._engine.verifier if request.kind == VERIFY else self._engine.resolver
        return encode_resolve_reply(await resolver.resolve(request.sender, request.address))

    def _rewrite(self, request: RewriteRequest) -> bytes | None:
        match request.rule:
            case "local":
                rules = self._engine.local
            case "remote":
                rules = self._engine.remote
            case _:
                self._log.warning(events.unknown_context(request.rule))
                return None
        return encode_rewrite_reply(rewrite_address(request.address, rules))


class TrivialRewriteDaemon:
    """The daemon, as the skeleton sees it."""

    __slots__ = ("_engine", "_log", "_service")

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
        self._service = Service(self._engine, self._log)

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

    def session(self) -> RequestSession:
        """Serve one client."""
        return RequestSession(_ANNOUNCEMENT, self._service.answer, self._log.warning)


def main(invocation: Invocation) -> None:
    """Live as trivial-rewrite(8)."""
    event_server.run(invocation, TrivialRewriteDaemon())
