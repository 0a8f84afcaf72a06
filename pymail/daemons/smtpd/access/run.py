"""One evaluation of one restriction list: what the restrictions see, and how they speak their verdict.

A restriction is an `async` function of a `Run` and its argument; it answers with a `Verdict`. Most of them never wait.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from pymail.daemons.smtpd.access.facts import Facts, Refusal, Verdict
from pymail.daemons.smtpd.access.status import Role, with_code_class
from pymail.daemons.smtpd.params import SmtpdParams
from pymail.dns.answer import Answer
from pymail.ipc.errors import ServiceError
from pymail.ipc.rewrite import ResolveFlag, ResolveReply
from pymail.log.events import smtpd as events
from pymail.log.logger import Log
from pymail.mail.quoting import quote, unquote
from pymail.mail.rewrite import RewriteRules, rewrite_address
from pymail.proto.smtp.reply import Reply
from pymail.tables.address import AddressRules
from pymail.tables.maps import Maps
from pymail.tables.match import DomainMatch
from pymail.util.text import printable

#: Octets of a reply text. Postfix cuts at 510, the length of an SMTP line.
TEXT_LIMIT: Final = 500
#: Restriction lists inside of access tables.
RECURSION_LIMIT: Final = 100

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class NetworkMatcher(Protocol):
    """A list of clients, as mynetworks."""

    async def matches(self, name: str, address: str) -> bool:
        """Return True when the client is in the list; raises TableError."""


class AddressResolver(Protocol):
    """Where addresses go: `pymail.ipc.rewrite.RewriteClient`."""

    def cached(self, sender: str, address: str) -> ResolveReply | None:
        """Return an answer without waiting."""

    async def resolve(self, sender: str, address: str) -> ResolveReply:
        """Return where *address* goes; raises ServiceError."""


class NameServer(Protocol):
    """DNS queries: `pymail.dns.resolver.Resolver`."""

    async def query(self, name: str, rdtype: str = "A") -> Answer:
        """Return the records; raises DnsError."""


@dataclass(frozen=True, slots=True)
class RecipientTables:
    """Who exists: the tables of each address class, and those that make any address exist."""

    virtual_alias: Maps
    canonical: Maps
    sender_canonical: Maps
    recipient_canonical: Maps
    local: Maps
    virtual_mailbox: Maps
    relay: Maps


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the restrictions of one process share."""

    params: SmtpdParams
    log: Log
    mynetworks: NetworkMatcher
    own_addresses: frozenset[str]
    resolver: AddressResolver
    dns: NameServer
    rules: RewriteRules
    address_rules: AddressRules
    recipients: RecipientTables
    #: How access tables treat parent domains.
    parents: DomainMatch
    permit_logged: frozenset[str] = frozenset()

    def standard(self, address: str) -> str:
        """Return an internal address rewritten to standard form, internal."""
        external = quote(address)
        rewritten = rewrite_address(external, self.rules)
        return address if rewritten == external else unquote(rewritten)

    async def resolve(self, sender: str, address: str) -> ResolveReply:
        """Return where an internal address goes. A service that is away gives an answer with the flag FAIL."""
        standard = self.standard(address)
        reply = self.resolver.cached(sender, standard)
        if reply is not None:
            return reply
        try:
            return await self.resolver.resolve(sender, standard)
        except ServiceError as error:
            self.log.warning("address resolver problem: %s", error)
            return ResolveReply("", "", standard, ResolveFlag.FAIL)

    def log_address(self, address: str) -> str:
        """Return an internal address in the form for the log."""
        return quote(address) if self.params.info_log_address_format == "external" else address


class Run:
    """One evaluation; see the module."""

    __slots__ = ("depth", "facts", "lists", "name", "object", "role", "shared", "warns")

    def __init__(self, shared: Surroundings, facts: Facts, role: Role, name: str, lists: Mapping[str, Items]) -> None:
        self.shared = shared
        self.facts = facts
        self.role = role
        #: What is judged, as replies show it between angle brackets.
        self.object = name
        #: The restriction that is being evaluated.
        self.name = ""
        #: Restriction classes by name.
        self.lists = lists
        self.warns = False
        self.depth = 0

    async def evaluate(self, items: Items) -> Verdict:
        """Evaluate a list: its first decision, DUNNO at its end."""
        outer = self.warns
        verdict = Verdict.DUNNO
        for item in items:
            self.name = item.name
            self.warns = outer or item.warns
            verdict = await item.check(self, item.argument)
            if verdict is not Verdict.DUNNO:
                break
        self.warns = outer
        return verdict

    def log_action(self, action: str, text: str) -> None:
        """Log a decision about the current request."""
        log_action(self.shared, self.facts, action, text)

    def rejected(self, text: str) -> str:
        """Return `<object>: Class rejected: text`."""
        return f"<{self.object}>: {self.role.value} rejected: {text}"

    def reject(self, code: int, status: str, text: str) -> Verdict:
        """Refuse; under warn_if_reject only say so in the log."""
        refusal = Refusal(code, status, text)
        if not self.warns and code >= 500 and self.facts.defer_if_reject is not None:
            refusal = self.facts.defer_if_reject
        return refuse(self.shared, self.facts, refusal, warn=self.warns)

    def misconfigured(self) -> Verdict:
        """Refuse for a fault of ours that the log tells; the client learns nothing more."""
        return self.reject(451, "4.3.5", "Server configuration error")

    def lookup_failed(self) -> Verdict:
        """Refuse because a list that decides could not be read."""
        return self.reject(451, "4.3.0", f"<{self.object}>: Temporary lookup failure")

    def defer_if_permit(self, status: str, text: str, code: int = 450) -> Verdict:
        """Make a later permit this 4xx. The first one counts."""
        if self.warns:
            return self.reject(code, status, text)
        if self.facts.defer_if_permit is None:
            self.facts.defer_if_permit = Refusal(code, status, text)
        return Verdict.DUNNO

    def defer_if_reject(self, status: str, text: str, code: int = 450) -> Verdict:
        """Make a later 5xx of this stage this 4xx. The first one counts."""
        if self.warns:
            return self.reject(code, status, text)
        if self.facts.defer_if_reject is None:
            self.facts.defer_if_reject = Refusal(code, status, text)
        return Verdict.DUNNO

    def permit(self, detail: str = "") -> Verdict:
        """Permit, and log it where smtpd_log_access_permit_actions says so."""
        logged = self.shared.permit_logged
        if logged and (self.name in logged or "static:all" in logged):
            text = f"action={self.name} for {self.role.value}={self.object}"
            self.log_action("permit", f"{text} {detail}" if detail else text)
        return Verdict.PERMIT


Check = Callable[[Run, str], Awaitable[Verdict]]


@dataclass(frozen=True, slots=True)
class Item:
    """One element of a restriction list."""

    name: str
    check: Check = field(repr=False)
    argument: str = ""
    #: Under warn_if_reject.
    warns: bool = False


Items = tuple[Item, ...]


def log_action(shared: Surroundings, facts: Facts, action: str, text: str) -> None:
    """Log a decision about the current request."""
    sender = None if facts.sender is None else shared.log_address(facts.sender)
    recipient = None if facts.recipient is None else shared.log_address(facts.recipient)
    origin = events.Origin(
        facts.queue_id, facts.where, facts.client.label, sender, recipient, facts.protocol, facts.helo
    )
    shared.log.info(events.access(action, origin, text))


def refuse(shared: Surroundings, facts: Facts, refusal: Refusal, *, warn: bool = False) -> Verdict:
    """Set the answer of *facts*, and log it: the code and the class of the status agree, soft_bounce is applied."""
    code, status, text = refusal.code, refusal.status, refusal.text
    if not 400 <= code <= 599:
        shared.log.warning("SMTP reply code configuration error: %d %s", code, text)
        code, status, text = 450, "4.7.1", "Service unavailable"
    if shared.params.soft_bounce and code >= 500:
        code -= 100
    status = with_code_class(status, code)
    text = printable(_CONTROL.sub(" ", text))[:TEXT_LIMIT]
    log_action(shared, facts, "reject_warning" if warn else "reject", f"{code} {status} {text}")
    if warn:
        return Verdict.DUNNO
    facts.refusal = Reply(code, (f"{status} {text}",))
    return Verdict.REJECT
