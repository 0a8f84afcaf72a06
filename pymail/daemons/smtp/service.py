"""Entry of smtp(8) and lmtp(8): the parts of one worker, and the way of a request through it."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from pymail.client.cache import SessionCache
from pymail.client.connect import ConnectOptions
from pymail.client.route import Router, Surroundings
from pymail.daemons.smtp.content import leading_headers, outgoing
from pymail.daemons.smtp.delivery import Delivery, Mail, Worker
from pymail.daemons.smtp.destinations import Destinations
from pymail.daemons.smtp.params import LmtpParams, SmtpParams
from pymail.daemons.smtp.settings import Settings, make_settings
from pymail.delivery.agent import open_queue_file
from pymail.delivery.report import AsyncReporter
from pymail.dns.hosts import HostLookup
from pymail.dns.resolver import Resolver
from pymail.ipc.delivery import DeliveryRequest, FinalStatus
from pymail.log.events import smtp as events
from pymail.log.fatal import FatalError
from pymail.log.logger import Log
from pymail.net.families import parse_protocols
from pymail.net.own_addresses import BadInterfacesError, OwnAddresses, own_addresses
from pymail.queue.content import content_chunks
from pymail.queue.directories import QueueLayout, parse_hash_names
from pymail.queue.mark import mark_corrupt
from pymail.queue.reader import CorruptFileError
from pymail.server import event_server
from pymail.server.agent_session import AgentSession
from pymail.server.invocation import Invocation

LMTP: Final = "lmtp"  # the name under which the program speaks LMTP


class SmtpDaemon:
    """The daemon, as the skeleton sees it. *resolver*: for tests."""

    def __init__(self, resolver: Resolver | None = None) -> None:
        self._resolver = resolver
        self._params: SmtpParams
        self._settings: Settings
        self._own: OwnAddresses
        self._layout: QueueLayout
        self._log: Log
        self._worker: Worker

    def before_jail(self, invocation: Invocation) -> None:
        """Read the parameters, look our own addresses up; raises FatalError."""
        lmtp = invocation.program == LMTP
        self._log = invocation.log
        self._params = params = (LmtpParams if lmtp else SmtpParams)(invocation.conf)
        self._settings = make_settings(params, invocation.arguments, lmtp=lmtp)
        self._layout = QueueLayout(parse_hash_names(params.hash_queue_names), params.hash_queue_depth)
        families = parse_protocols(params.inet_protocols)
        try:
            self._own = own_addresses(params.inet_interfaces, params.proxy_interfaces, families)
        except BadInterfacesError as error:
            raise FatalError(str(error)) from error
        self._settings = replace(self._settings, connect=with_own_source(self._settings.connect, self._own))

    async def after_jail(self, invocation: Invocation) -> None:
        """Make what belongs to the loop."""
        settings, log, own = self._settings, invocation.log, self._own
        resolver = self._resolver if self._resolver is not None else Resolver()
        hosts = HostLookup(resolver, families=settings.route.families)

        def warn(text: str) -> None:
            log.warning("%s", text)

        around = Surroundings(resolver, hosts, own.__contains__, warn, random.Random())
        self._worker = Worker(
            settings,
            Destinations(settings, Router(settings.route, around)),
            SessionCache(settings.reuse.idle_limit, asyncio.get_running_loop()),
            log,
            AsyncReporter(self._params, log),
        )

    async def at_exit(self) -> None:
        """Say goodbye to the servers of idle connections, and let the loop send it."""
        self._worker.cache.close()
        await asyncio.sleep(0)

    def session(self) -> AgentSession:
        """Serve one connection of the queue manager."""
        return AgentSession(self.deliver, self._log)

    async def deliver(self, request: DeliveryRequest) -> FinalStatus:
        """Deliver one request; a file that is gone, or is none, is tried again or taken away by the queue manager."""
        file = open_queue_file(self._layout, request)
        if file is None:
            self._log.warning("%s: queue file is gone", request.queue_id)
            return FinalStatus(again=True)
        try:
            return await Delivery(self._worker, request, Mail(lambda: self._content(request, file), file)).run()
        except CorruptFileError as error:
            self._log.warning("%s: corrupted message file: %s", request.queue_id, error)
            mark_corrupt(file)
            return FinalStatus(again=True)
        finally:
            os.close(file)

    def _content(self, request: DeliveryRequest, file: int) -> Iterator[bytes]:
        """Give the message with CR LF line ends, ready for the wire but for the leading dots."""
        limit = self._params.smtp_line_length_limit
        head = leading_headers(self._settings.flags, request, request.recipients[0])
        chunks = content_chunks(file, request.offset, eol=b"\r\n")

        def on_break() -> None:
            self._log.info(events.breaking_lines(request.queue_id, limit))

        return outgoing(head, chunks, limit, on_break)


def with_own_source(connect: ConnectOptions, own: OwnAddresses) -> ConnectOptions:
    """Use the only address of inet_interfaces as source, when it is one that others can answer to. postconf(5)."""
    ipv4 = [address for address in own.inet if ":" not in address]
    ipv6 = [address for address in own.inet if ":" in address]
    if not connect.bind_address and len(ipv4) == 1 and not ipv4[0].startswith("127."):
        connect = replace(connect, bind_address=ipv4[0])
    if not connect.bind_address6 and len(ipv6) == 1 and ipv6[0] != "::1":
        connect = replace(connect, bind_address6=ipv6[0])
    return connect


def main(invocation: Invocation) -> None:
    """Live as smtp(8) or lmtp(8)."""
    event_server.run(invocation, SmtpDaemon())
