"""Entry of bounce(8), which serves bounce, defer and trace: one request per connection."""

from __future__ import annotations

import time
from typing import Final

from pymail.daemons.bounce.params import BounceParams
from pymail.daemons.bounce.post import Post
from pymail.daemons.bounce.reporter import Bounces
from pymail.ipc.bounce import PROTOCOL, decode_request, encode_status
from pymail.log.logger import Log
from pymail.proto import attr
from pymail.server import event_server
from pymail.server.invocation import Invocation
from pymail.server.request_session import RequestSession
from pymail.unix.clock import local_zone

ANNOUNCEMENT: Final = attr.announcement(PROTOCOL)
FAILED: Final = -1


class Service:
    """Answers the requests of all clients."""

    def __init__(self, bounces: Bounces, log: Log) -> None:
        self._bounces = bounces
        self._log = log

    async def answer(self, fields: list[bytes]) -> bytes:
        """Return the status of the request in *fields*."""
        try:
            request = decode_request(fields)
        except attr.AttrError as error:
            self._log.warning("bad request: %s", error)
            return encode_status(FAILED)
        done = await self._bounces.serve(request)
        # First our lines: the queue manager's "removed" is the last line of a message.
        self._log.flush()
        return encode_status(0 if done else FAILED)


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
        self._service = Service(Bounces(invocation.service, params, invocation.log, post, time.time), invocation.log)

    async def after_jail(self, invocation: Invocation) -> None:
        """Nothing to prepare."""

    def session(self) -> RequestSession:
        """Serve one client."""
        return RequestSession(ANNOUNCEMENT, self._service.answer, self._log.warning)


def main(invocation: Invocation) -> None:
    """Live as bounce(8)."""
    event_server.run(invocation, BounceDaemon())
