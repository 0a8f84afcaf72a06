"""One delivery request from its arrival to its final status: which server, then which one next, and who is told what.

For each next hop, then each fallback relay: find the servers, try one after another, until no recipient is left. What a
server refuses for good is bounced at once; what may succeed elsewhere goes to the next server; what is left after the
last server is deferred with the last reason. A failure of the whole destination goes into the final status, so that the
queue manager backs off.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, Protocol

from pymail.client import reasons
from pymail.client.cache import SessionCache, say_goodbye
from pymail.client.connect import ConnectError
from pymail.client.nexthop import NexthopError, split_nexthops
from pymail.client.peer import Peer
from pymail.client.route import Route, RouteError
from pymail.client.session import SmtpSession, TalkError, open_session
from pymail.daemons.smtp.destinations import Destinations
from pymail.daemons.smtp.handshake import RefusedError, greet
from pymail.daemons.smtp.settings import Settings
from pymail.daemons.smtp.transaction import Message, StaleError, Transaction
from pymail.delivery.outcome import Fate, Outcome
from pymail.ipc.delivery import DeliveryRequest, FinalStatus, MsgStats, RequestFlag
from pymail.log.events import smtp as events
from pymail.log.logger import Log
from pymail.mail.dsn import NOTIFY_SUCCESS, Dsn
from pymail.mail.envelope import Recipient
from pymail.proto.smtp.client import ClientOptions, Verb
from pymail.proto.smtp.extensions import Extension
from pymail.proto.smtp.reply import Reply
from pymail.queue.reader import CorruptFileError

NO_RELAY: Final = "none"  # in the log, when no session came about

_FATE: Final = {"2": Fate.SENT, "4": Fate.DEFERRED, "5": Fate.BOUNCED}


class Reports(Protocol):
    """Who logs and reports the outcome of recipients: `delivery.report.AsyncReporter`."""

    async def report(
        self, request: DeliveryRequest, recipient: Recipient, outcome: Outcome, file: int | None = None
    ) -> bool:
        """Return True when the recipient must be tried again."""


@dataclass(frozen=True, slots=True)
class Mail:
    """The message: `content` gives it with CR LF line ends, anew at each call; `file` is the queue file."""

    content: Callable[[], Iterable[bytes]]
    file: int | None = None


@dataclass(frozen=True, slots=True)
class Worker:
    """What the deliveries of one process share."""

    settings: Settings
    destinations: Destinations
    cache: SessionCache
    log: Log
    reports: Reports
    clock: Callable[[], float] = time.time

    def warn(self, text: str) -> None:
        """Log a warning whose text is ready."""
        self.log.warning("%s", text)


class Delivery:
    """One request, with its message."""

    __slots__ = (
        "_again", "_destination", "_hop", "_is_final", "_left", "_load", "_mail", "_relay",
        "_request", "_session", "_settings", "_setup", "_store", "_why", "_worker",
    )  # fmt: skip

    def __init__(self, worker: Worker, request: DeliveryRequest, mail: Mail) -> None:
        self._worker = worker
        self._settings = settings = worker.settings
        self._request = request
        self._mail = mail
        self._left: dict[int, Recipient] = dict(enumerate(request.recipients))
        self._again = False
        self._hop: Dsn | None = None
        self._why: Dsn | None = None
        self._is_final = False  # no other server after the current one
        self._session: SmtpSession | None = None
        self._relay = ""
        self._setup = 0.0  # when the current session was ready; 0: it is not
        self._destination = ""  # the next hop, while the first one is tried
        reuse = settings.reuse
        always = bool(reuse.destinations) and worker.destinations.host_of(request.nexthop) in reuse.destinations
        self._load = always or bool(reuse.on_demand and request.flags & RequestFlag.CONN_LOAD)
        self._store = always or bool(reuse.on_demand and request.flags & RequestFlag.CONN_STORE)

    async def run(self) -> FinalStatus:
        """Deliver; the final status says whether somebody must be tried again. Raises CorruptFileError."""
        own = split_nexthops(self._request.nexthop)
        nexthops = [*own, *(relay for relay in self._settings.fallback if relay not in own)]
        place = 0
        while self._left and place < len(nexthops):
            try:
                route = await self._route(nexthops[place])
            except RouteError as error:
                self._forget_session()
                self._why = error.dsn
                route = Route([], error.through_us)
            if route.through_us:  # fallback relays are not for domains that we are an exchanger of: mail would circle
                del nexthops[max(len(own), place + 1) :]
            self._destination = nexthops[place] if place == 0 else ""
            place += 1
            await self._try_peers(route.peers, last=place == len(nexthops))
        if self._left:
            self._is_final = True
            await self._fail(self._last_reason(place, nexthops), throttle=True)
        return FinalStatus(self._again, self._hop)

    def _last_reason(self, tried: int, nexthops: list[str]) -> Dsn:
        """Return why the recipients that are left are left; trouble with our own settings is no reason to bounce."""
        why = self._why
        if why is None:
            return reasons.UNAVAILABLE
        if reasons.is_transient(why):
            return why
        if tried > 1:
            self._worker.warn(events.configuration_problem("smtp_fallback_relay"))
            return replace(why, status=reasons.CONFIGURATION_STATUS)
        if nexthops and nexthops[0] == self._settings.params.relayhost:
            self._worker.warn(events.configuration_problem("relayhost"))
            return replace(why, status=reasons.CONFIGURATION_STATUS)
        return why

    # Servers.

    async def _route(self, nexthop: str) -> Route:
        """Return the servers of *nexthop*; raises RouteError."""
        try:
            return await self._worker.destinations.route(nexthop)
        except NexthopError as error:
            self._worker.warn(str(error))
            raise RouteError(Dsn(reasons.CONFIGURATION_STATUS, str(error))) from error

    async def _try_peers(self, peers: list[Peer], *, last: bool) -> None:
        """Try servers until nobody is left, no server is left, or enough of them have talked to us."""
        limit = self._settings.params.smtp_mx_session_limit
        sessions = 0
        if self._load and self._destination and peers:
            key = await self._use_destination(peers, last)
            if key is not None:
                sessions = 1
                peers = [peer for peer in peers if peer.key != key]
        for place, peer in enumerate(peers):
            if not self._left or (limit and sessions >= limit):
                return
            self._is_final = last and place == len(peers) - 1
            last_session = last and limit > 0 and sessions + 1 >= limit
            if self._load and await self._use_address(peer, last_session):
                sessions += 1
            elif (session := await self._open(peer)) is not None:
                self._is_final = self._is_final or last_session
                sessions += 1
                await self._converse(session)

    async def _use_destination(self, peers: list[Peer], last: bool) -> tuple[str, int] | None:
        """Send over a connection that served this destination before; return its server, None if there was none."""
        while (session := self._worker.cache.take_for(self._destination)) is not None:
            key = session.peer.key
            self._is_final = last and all(peer.key == key for peer in peers)
            if await self._try_session(session):
                return key
        return None

    async def _use_address(self, peer: Peer, last_session: bool) -> bool:
        """Send over a connection to this server that is there already; return whether there was one."""
        is_final = self._is_final
        while (session := self._worker.cache.take_at(peer.key)) is not None:
            self._is_final = is_final or last_session
            if await self._try_session(session):
                return True
        self._is_final = is_final
        return False

    async def _try_session(self, session: SmtpSession) -> bool:
        """Send over a session of the cache; False when it turned out to be of no use."""
        try:
            await self._converse(session)
        except StaleError:
            session.abort()
            return False
        return True

    async def _open(self, peer: Peer) -> SmtpSession | None:
        """Return a ready session with a server; None when it did not come about."""
        settings, worker = self._settings, self._worker
        self._forget_session()
        options = ClientOptions(settings.params.smtp_helo_name, lmtp=settings.lmtp, discard=settings.discard)
        try:
            session = await open_session(peer, settings.connect, options)
        except ConnectError as error:
            self._why = reasons.not_connected(peer, str(error))
            worker.log.info(events.connect_failed(self._why.reason))
            return None
        self._relay = peer.label_port
        self._session = session
        try:
            await greet(session, settings, self._request.nexthop, worker.warn)
        except TalkError as error:
            session.abort()
            await self._fail(error.dsn, throttle=True)
        except RefusedError as error:
            say_goodbye(session)
            await self._fail(error.dsn, throttle=True)
        else:
            return session
        return None

    def _forget_session(self) -> None:
        """The next trouble is not that of the last server."""
        self._session = None
        self._relay = ""
        self._setup = 0.0

    async def _converse(self, session: SmtpSession) -> None:
        """Send the message to the recipients that are left; raises StaleError, CorruptFileError."""
        self._session = session
        self._relay = session.peer.label_port
        self._setup = self._worker.clock()
        message = Message(
            self._request,
            tuple(self._left.items()),
            self._mail.content,
            probe=bool(self._request.flags & RequestFlag.VERIFY_MASK),
        )
        keep = self._store and self._may_keep(session)
        try:
            usable = await Transaction(session, self._settings, self).run(message, keep=keep)
        except TalkError as error:
            session.abort()
            if self._left:
                await self._fail(error.dsn, throttle=True)
        except (OSError, ValueError):
            session.abort()
            await self._fail(reasons.local_error(session.peer), throttle=False)
        except CorruptFileError:
            session.abort()
            raise
        else:
            if usable and keep:
                self._worker.cache.store(session, self._destination)
            else:
                await self._part(session, quit_first=usable)

    async def _part(self, session: SmtpSession, *, quit_first: bool) -> None:
        """Hang up; *quit_first*: QUIT is not sent yet."""
        machine = session.machine
        if quit_first:
            machine.quit()
            session.flush()
        expected = machine.expected
        if expected is not None and expected.verb is Verb.QUIT and not self._settings.params.smtp_skip_quit_response:
            try:
                await session.reply(self._settings.timeouts[Verb.QUIT])
            except TalkError:
                pass  # the mail is delivered, whatever the server says now
        session.close()

    def _may_keep(self, session: SmtpSession) -> bool:
        """Tell whether the session may carry another message after this one."""
        reuse = self._settings.reuse
        if reuse.count_limit and session.use_count >= reuse.count_limit:
            return False
        return session.age < reuse.age_limit

    # Verdicts.

    async def accepted(self, number: int, reply: Reply) -> None:
        """The server has taken the message for this recipient (or, in a probe, the recipient)."""
        session = self._session
        assert session is not None
        recipient = self._left.pop(number)
        if Extension.DSN in session.machine.offer and recipient.notify & NOTIFY_SUCCESS:
            # RFC 3461 §5.2.2: the duty to report success went to the server with the message.
            recipient = replace(recipient, notify=recipient.notify & ~NOTIFY_SUCCESS)
        action = "delivered" if self._settings.is_final else "relayed"
        await self._report(recipient, reasons.accepted(session.peer, reply, action))

    async def refused(self, number: int, dsn: Dsn) -> None:
        """The server has refused one recipient: bounce it, or leave it to the next server."""
        if self._is_final or not reasons.is_transient(dsn):
            await self._report(self._left.pop(number), dsn)
        else:
            self._why = dsn
            self._worker.log.info(events.next_server(self._request.queue_id, dsn.reason))

    async def message_refused(self, dsn: Dsn) -> None:
        """The server has refused the message: that says nothing of the destination."""
        await self._fail(dsn, throttle=False)

    async def _fail(self, dsn: Dsn, *, throttle: bool) -> None:
        """End all recipients that are left, unless another server may take them."""
        transient = reasons.is_transient(dsn)
        if transient and not self._is_final:
            self._why = dsn
            self._worker.log.info(events.next_server(self._request.queue_id, dsn.reason))
            return
        left = list(self._left.values())
        self._left.clear()
        for recipient in left:
            await self._report(recipient, dsn)
        if throttle and transient:
            self._hop = dsn

    async def _report(self, recipient: Recipient, dsn: Dsn) -> None:
        before, session = self._request.stats, self._session
        stats = MsgStats(
            before.incoming_arrival, before.active_arrival, before.agent_handoff, self._setup,
            reuse_count=session.use_count - 1 if session is not None and self._setup else 0,
        )  # fmt: skip
        outcome = Outcome(_FATE[dsn.status[:1]], dsn, self._relay or NO_RELAY, stats)
        if await self._worker.reports.report(self._request, recipient, outcome, self._mail.file):
            self._again = True
