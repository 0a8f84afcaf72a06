"""Entry of bounce(8), which serves bounce, defer and trace: one request per connection."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from pymail.daemons.bounce.params import BounceParams
from pymail.daemons.bounce.post import Post
from pymail.daemons.bounce.reporter import Bounces
from pymail.ipc import eager
from pymail.ipc.bounce import PROTOCOL, decode_request, encode_status
from pymail.log.logger import Log
from pymail.proto import attr
from pymail.server import event_server
from pymail.server.invocation import Invocation
from pymail.server.session import Session
from pymail.unix.clock import local_zone

ANNOUNCEMENT: Final = attr.announcement(PROTOCOL)
FAILED: Final = -1


class BounceSession(Session):
    """One client: it sends one request and gets a status."""

    __slots__ = ("_bounces", "_log", "_reader", "_task")

    def __init__(self, bounces: Bounces, log: Log) -> None:
        super().__init__()
        self._bounces = bounces
        self._log = log
        self._reader: attr.ListReader | None = attr.ListReader()
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say which protocol this is."""
        super().connection_made(transport)
        self.transport.write(ANNOUNCEMENT)

    def data_received(self, data: bytes) -> None:
        """Collect the request; carry it out when it is whole."""
        if self._reader is None:
            return
        self._reader.feed(data)
        try:
            fields = self._reader.next_list()
            if fields is None:
                return
            request = decode_request(fields)
        except attr.AttrError as error:
            self._log.warning("bad request: %s", error)
            self._reader = None
            self._reply(done=False)
            return
        self._reader = None
        self._task = eager.start(self._bounces.serve(request), lambda done: self._reply(done=done))

    def _reply(self, *, done: bool) -> None:
        if not self.transport.is_closing():
            self.transport.write(encode_status(0 if done else FAILED))
            self.transport.close()


class BounceDaemon:
    """The daemon, as the skeleton sees it."""

    required_process_limit = 0

    def before_jail(self, invocation: Invocation) -> None:
        """Read the parameters."""
        params = BounceParams(invocation.conf)
        self._log = invocation.log
        post = Post(
            f"public/{params.cleanup_service_name}", params.myhostname, params.mail_name, params.ipc_timeout,
            params.line_length_limit, local_zone,
        )  # fmt: skip
        self._bounces = Bounces(invocation.service, params, invocation.log, post, time.time)

    async def after_jail(self, invocation: Invocation) -> None:
        """Nothing to prepare."""

    def session(self) -> BounceSession:
        """Serve one client."""
        return BounceSession(self._bounces, self._log)


def main(invocation: Invocation) -> None:
    """Live as bounce(8)."""
    event_server.run(invocation, BounceDaemon())
