"""Where a recipient goes: the decisions between the answer of trivial-rewrite and a delivery request.

`route_now` answers from the cache of the resolver's client; None says that `route` must ask, and wait.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from pymail.daemons.qmgr.message import Message
from pymail.daemons.qmgr.transport import ERROR, RETRY, TransportTable
from pymail.ipc.delivery import RequestFlag
from pymail.ipc.errors import ServiceError
from pymail.ipc.rewrite import RESOLVE, VERIFY, ResolveFlag, ResolveReply
from pymail.mail.dsn import Dsn
from pymail.mail.envelope import Recipient
from pymail.mail.extension import split_extension
from pymail.mail.quoting import quote, split_address, unquote
from pymail.mail.rewrite import RewriteRules, rewrite_address
from pymail.proto.attr import AttrError

RESOLVER_FAILED: Final = "4.3.0 address resolver failure"
BAD_SYNTAX: Final = "5.1.3 bad address syntax"
NULL_RECIPIENT: Final = "5.1.3 null recipient address"
FORCE_EXPIRED: Final = "4.7.0 message is administratively expired"
DEFERRED_TRANSPORT: Final = "4.3.2 deferred transport"
TOO_MANY_PROBES: Final = "4.3.2 Too many address verification requests"


class Route(NamedTuple):
    """A transport, its destination (*queue_name* is the key, *nexthop* what the agent gets), and the recipient."""

    transport: str
    queue_name: str
    nexthop: str
    recipient: Recipient


class Discard(NamedTuple):
    """A recipient that is done here: mail to the sender of our own double bounces."""

    recipient: Recipient


Decision = Route | Discard


class Resolver(Protocol):
    """Who knows where addresses go (ipc.rewrite.RewriteClient)."""

    def cached(self, sender: str, address: str, kind: str = RESOLVE) -> ResolveReply | None:
        """Return a fresh answer, without waiting."""

    async def resolve(self, sender: str, address: str, kind: str = RESOLVE) -> ResolveReply:
        """Return the answer; raises ServiceError."""


class Health(Protocol):
    """Who knows which destinations are dead."""

    def reason(self, message: Message, transport: str, queue_name: str) -> Dsn | None:
        """Return why mail for this destination has to wait, or None."""


@dataclass(frozen=True, slots=True)
class RoutingRules:
    """What main.cf says about routes."""

    defer_transports: frozenset[str] = frozenset()
    default_filter_nexthop: str = ""
    myhostname: str = ""
    double_bounce_sender: str = "double-bounce"
    recipient_delimiter: str = ""
    owner_request_special: bool = True
    probe_limit: int = 5000
    local_rewrite: RewriteRules = field(default_factory=lambda: RewriteRules("", ""))


class Router:
    """Decides for one recipient at a time. *probes* tells how many address probes are in the active queue."""

    __slots__ = ("_double_bounce", "_health", "_probes", "_resolver", "_rules", "_transports")

    def __init__(
        self,
        rules: RoutingRules,
        resolver: Resolver,
        transports: TransportTable,
        health: Health,
        probes: Callable[[], int],
    ) -> None:
        self._rules = rules
        self._resolver = resolver
        self._transports = transports
        self._health = health
        self._probes = probes
        self._double_bounce = rules.double_bounce_sender.lower()

    def redirected(self, message: Message, recipient: Recipient) -> Recipient:
        """Return *recipient* with the address that all mail of *message* is redirected to."""
        address = unquote(rewrite_address(quote(message.redirect), self._rules.local_rewrite))
        return Recipient(address, recipient.original, recipient.offset, recipient.dsn_orig_rcpt, recipient.notify)

    def route_now(self, message: Message, recipient: Recipient) -> Decision | None:
        """Return the decision, or None: it takes a question to the resolver."""
        if message.content_filter and not message.trace_flags & RequestFlag.VERIFY_MASK:
            return self._decide(message, recipient, self._filter_route(message, recipient))
        reply = self._resolver.cached(message.sender, recipient.address, VERIFY if message.is_mta_probe else RESOLVE)
        return None if reply is None else self._decide(message, recipient, reply)

    async def route(self, message: Message, recipient: Recipient) -> Decision:
        """Return the decision; asks the resolver and waits if need be."""
        known = self.route_now(message, recipient)
        if known is not None:
            return known
        kind = VERIFY if message.is_mta_probe else RESOLVE
        try:
            reply: ResolveReply | None = await self._resolver.resolve(message.sender, recipient.address, kind)
        except (ServiceError, AttrError):
            # Nobody answers, or nobody can be asked (a NUL in the address).
            reply = None
        return self._decide(message, recipient, reply)

    def _filter_route(self, message: Message, recipient: Recipient) -> ResolveReply:
        transport, _, nexthop = message.content_filter.partition(":")
        nexthop = (
            nexthop
            or self._rules.default_filter_nexthop
            or split_address(recipient.address)[1]
            or self._rules.myhostname
        )
        return ResolveReply(transport, nexthop, recipient.address, 0)

    def _decide(self, message: Message, recipient: Recipient, reply: ResolveReply | None) -> Decision:
        """The first condition that holds decides (Postfix: qmgr_message_resolve)."""
        if reply is None or reply.flags & ResolveFlag.FAIL:
            return self._retry(RESOLVER_FAILED, recipient)
        if reply.flags & ResolveFlag.ERROR:
            return self._checked(message, ERROR, BAD_SYNTAX, recipient)
        if not reply.recipient:
            return self._checked(message, ERROR, NULL_RECIPIENT, recipient)
        if reply.recipient != recipient.address:
            recipient = Recipient(
                reply.recipient, recipient.original, recipient.offset, recipient.dsn_orig_rcpt, recipient.notify
            )
        if message.force_expire:
            return self._retry(FORCE_EXPIRED, recipient)
        if reply.flags & ResolveFlag.CLASS_LOCAL and self._is_double_bounce(recipient.address):
            return Discard(recipient)
        rules = self._rules
        if reply.transport in rules.defer_transports and not (message.flush or message.unthrottle):
            return self._retry(DEFERRED_TRANSPORT, recipient)
        if message.is_mta_probe and self._probes() > rules.probe_limit:
            return self._retry(TOO_MANY_PROBES, recipient)
        return self._checked(message, reply.transport, reply.nexthop, recipient)

    def _checked(self, message: Message, transport: str, nexthop: str, recipient: Recipient) -> Route:
        """Return the route, or that to retry when the destination is dead."""
        name = self.queue_name(transport, nexthop, recipient.address)
        reason = self._health.reason(message, transport, name)
        if reason is not None and transport != RETRY:
            return self._retry(f"{reason.status} {reason.reason}", recipient)
        return Route(transport, name, nexthop, recipient)

    def _retry(self, nexthop: str, recipient: Recipient) -> Route:
        return Route(RETRY, nexthop.lower(), nexthop, recipient)

    def queue_name(self, transport: str, nexthop: str, address: str) -> str:
        """Return the key of the destination; with one recipient per delivery the concurrency is per recipient."""
        if transport in (ERROR, RETRY) or self._transports.get(transport).limits.recipient_limit != 1:
            return nexthop.lower()
        local = split_address(address)[0]
        delimiters = self._rules.recipient_delimiter
        if delimiters:
            local = split_extension(local, delimiters, owner_request_special=self._rules.owner_request_special)[0]
        return f"{local}@{nexthop}".lower()

    def _is_double_bounce(self, address: str) -> bool:
        return split_address(address)[0].lower() == self._double_bounce
