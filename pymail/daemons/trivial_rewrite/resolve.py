"""The *resolve* algorithm: from an address to transport, next hop, recipient and flags.

Pure but for its tables, which are handed in. It waits only where a table must be asked elsewhere (proxymap).
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Final, NoReturn

from pymail.daemons.trivial_rewrite.transport import FAULT_TRANSPORTS, Route, parse_route
from pymail.daemons.trivial_rewrite.unwrap import TooDeepError, UnwrapRules, unwrap
from pymail.dns.hostname import is_hostname
from pymail.ipc.rewrite import ResolveFlag, ResolveReply
from pymail.log.events import trivial_rewrite as events
from pymail.tables.address import AddressMatch, AddressRules, Key, find_address, find_keys, transport_keys
from pymail.tables.base import TableError, TableLog
from pymail.tables.maps import Maps
from pymail.tables.match import DomainList, DomainMatch
from pymail.util.network import Address, parse_address

#: What a reply holds where the algorithm did not get so far (Postfix's words, seen by clients).
NO_TRANSPORT: Final = "CHANNEL NOT UPDATED"
NO_NEXTHOP: Final = "NEXTHOP NOT UPDATED"
NO_RECIPIENT: Final = "NEXTRCPT NOT UPDATED"


@dataclass(frozen=True, slots=True)
class DomainClasses:
    """Which domains are in which address class."""

    mydestination: DomainList
    virtual_alias_domains: DomainList
    virtual_mailbox_domains: DomainList
    relay_domains: DomainList
    own_addresses: frozenset[Address]
    myorigin: str

    async def is_local(self, domain: str) -> bool:
        """Return True for mydestination and for literals of our own addresses. Raises TableError."""
        if await self.mydestination.matches(domain):
            return True
        if not domain.startswith("[") or not domain.endswith("]"):
            return False
        text = domain[1:-1]
        address = parse_address(text[5:] if text[:5].lower() == "ipv6:" else text)
        return address is not None and address in self.own_addresses

    async def matches(self, domain: str) -> bool:
        """Return True for a domain whose users tables may name without it (tables.address.LocalDomains)."""
        return domain.lower() == self.myorigin.lower() or await self.is_local(domain)

    def matches_now(self, domain: str) -> bool:
        """Return the same where one may wait."""
        return domain.lower() == self.myorigin.lower() or self.mydestination.matches_now(domain)


@dataclass(frozen=True, slots=True)
class Routing:
    """Where the classes go: one set for *resolve*, one for *verify*; *prefix* of the parameters is for messages."""

    local_transport: str
    virtual_transport: str
    relay_transport: str
    default_transport: str
    relayhost: str
    sender_relayhost_maps: Maps
    sender_transport_maps: Maps
    transport_maps: Maps
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class ResolveRules:
    """The other parameters."""

    unwrap: UnwrapRules
    delimiters: str = ""
    null_sender_relayhost_key: str = "<>"
    null_sender_transport_key: str = "<>"
    unknown_user: str = "5.1.1 User unknown in virtual alias table"
    moved_prefix: str = "5.1.6 User has moved to "
    transport_style: DomainMatch = DomainMatch.DOT
    config_file: str = "main.cf"


class _LookupError(Exception):
    """A table failed; str() is the parameter's name, empty when that was said already."""


@dataclass(slots=True)
class _Answer:
    """The reply in the making."""

    transport: str = NO_TRANSPORT
    nexthop: str = NO_NEXTHOP
    recipient: str = NO_RECIPIENT
    flags: int = 0


class Resolver:
    """Resolves addresses with one set of transports."""

    __slots__ = ("_classes", "_log", "_relocated", "_routing", "_rules")

    def __init__(
        self, classes: DomainClasses, routing: Routing, relocated_maps: Maps, rules: ResolveRules, log: TableLog
    ) -> None:
        self._classes = classes
        self._routing = routing
        self._relocated = relocated_maps
        self._rules = rules
        self._log = log

    async def resolve(self, sender: str, address: str) -> ResolveReply:
        """Return where *address* goes for *sender* (both internal). Failures are flags of the reply."""
        answer = _Answer()
        try:
            await self._resolve(answer, sender, address)
        except _LookupError as error:
            if str(error):
                self._log.warning(events.lookup_failure(str(error)))
            answer.flags |= ResolveFlag.FAIL
        except TooDeepError:
            self._log.warning(events.too_deep(address))
            answer.flags |= ResolveFlag.FAIL
        return ResolveReply(answer.transport, answer.nexthop, answer.recipient, answer.flags)

    async def _resolve(self, answer: _Answer, sender: str, address: str) -> None:
        try:
            found = await unwrap(address, self._rules.unwrap, self._classes.is_local)
        except TableError as error:
            raise _LookupError from error  # the list has said so
        answer.recipient = found.recipient
        local, _, domain = found.recipient.rpartition("@")
        if found.domain is not None and not found.numeric and not is_valid_domain(found.domain):
            answer.flags |= ResolveFlag.ERROR | ResolveFlag.CLASS_DEFAULT
            return
        if "@" in local or "%" in local or "!" in local:
            # A relay in front of the next host must not be led to third parties by an address that looks local there.
            answer.flags |= ResolveFlag.ROUTED
        if found.domain is None:
            await self._local(answer, domain)
        else:
            await self._remote(answer, sender, domain)
        if not answer.flags & ResolveFlag.CLASS_ALIAS:
            await self._transport(answer, domain)
        await self._moved(answer)

    async def _local(self, answer: _Answer, domain: str) -> None:
        classes = self._classes
        for other in (classes.virtual_alias_domains, classes.virtual_mailbox_domains):
            await self._warn_twice(domain, classes.mydestination, other)
        answer.flags |= ResolveFlag.CLASS_LOCAL
        self._go(answer, self._routing.local_transport, self._rules.unwrap.myhostname, "local_transport")

    async def _remote(self, answer: _Answer, sender: str, domain: str) -> None:
        """Give an address of another domain its class and route."""
        classes = self._classes
        if await _asked(classes.virtual_alias_domains, domain):
            for other in (classes.virtual_mailbox_domains, classes.relay_domains):
                await self._warn_twice(domain, classes.virtual_alias_domains, other)
            answer.flags |= ResolveFlag.CLASS_ALIAS
            answer.transport, answer.nexthop = "error", self._rules.unknown_user
            return
        if await _asked(classes.virtual_mailbox_domains, domain):
            await self._warn_twice(domain, classes.virtual_mailbox_domains, classes.relay_domains)
            answer.flags |= ResolveFlag.CLASS_VIRTUAL
            self._go(answer, self._routing.virtual_transport, domain, "virtual_transport")
            return
        routing = self._routing
        if await _asked(classes.relay_domains, domain):
            answer.flags |= ResolveFlag.CLASS_RELAY
            text, parameter = routing.relay_transport, "relay_transport"
        else:
            text, parameter = await self._default_transport(sender)
            answer.flags |= ResolveFlag.CLASS_DEFAULT
        route = parse_route(text)
        answer.transport = route.transport
        nexthop = route.nexthop or await self._relayhost(sender) or domain
        self._go(answer, f"{route.transport}:{nexthop}", "", parameter)

    async def _warn_twice(self, domain: str, one: DomainList, other: DomainList) -> None:
        try:
            if await other.matches(domain):
                self._log.warning(events.listed_twice(domain, one.title, other.title))
        except TableError:
            pass  # only a hint is lost, and the list has complained

    def _go(self, answer: _Answer, text: str, nexthop: str, parameter: str) -> None:
        """Take transport and next hop from *text*; *nexthop* where it names none."""
        route = parse_route(text)
        answer.transport = route.transport
        answer.nexthop = route.nexthop or nexthop
        if not route.transport:
            self._log.warning(events.null_transport(self._rules.config_file, self._routing.prefix + parameter))
            raise _LookupError

    async def _default_transport(self, sender: str) -> tuple[str, str]:
        """Return the text that says where mail of *sender* goes, and the parameter that has it."""
        found = await self._by_sender(
            self._routing.sender_transport_maps, sender, self._rules.null_sender_transport_key
        )
        if found is None:
            return self._routing.default_transport, "default_transport"
        return found, "sender_dependent_default_transport_maps"

    async def _relayhost(self, sender: str) -> str:
        found = await self._by_sender(
            self._routing.sender_relayhost_maps, sender, self._rules.null_sender_relayhost_key
        )
        return self._routing.relayhost if found is None else found

    async def _by_sender(self, maps: Maps, sender: str, null_key: str) -> str | None:
        match = await _found(maps, find_address(maps, sender or null_key, AddressRules(self._rules.delimiters)))
        return None if match is None or match.value.upper() == "DUNNO" else match.value

    async def _transport(self, answer: _Answer, domain: str) -> None:
        """Let transport_maps decide. Fields that an entry leaves out stay, or become the domain behind a transport."""
        maps = self._routing.transport_maps
        if maps.is_empty:
            return
        keys = [*transport_keys(answer.recipient, self._rules.delimiters, self._rules.transport_style), Key("*", False)]
        match = await _found(maps, find_keys(maps, keys))
        if match is None:
            return
        route = parse_route(match.value)
        if route.transport:
            answer.transport = route.transport
            answer.nexthop = route.nexthop or _implied_nexthop(route, domain)
        elif route.nexthop:
            answer.nexthop = route.nexthop

    async def _moved(self, answer: _Answer) -> None:
        maps = self._relocated
        if maps.is_empty:
            return
        rules = AddressRules(self._rules.delimiters, self._classes)
        match = await _found(maps, find_address(maps, answer.recipient, rules))
        if match is not None:
            answer.transport, answer.nexthop = "error", self._rules.moved_prefix + match.value


def is_valid_domain(domain: str) -> bool:
    """Return True for a host name, `[IPv4 address]` and `[IPv6:address]`."""
    if not domain.startswith("["):
        return is_hostname(domain)
    text = domain[1:-1] if domain.endswith("]") else ""
    if text[:5].lower() == "ipv6:":
        address = parse_address(text[5:])
        return address is not None and address.version == 6
    address = parse_address(text)
    # 0.0.0.0 alone of its network is taken.
    return address is not None and address.version == 4 and (address.value == 0 or address.value >> 24 != 0)


def _implied_nexthop(route: Route, domain: str) -> str:
    return "Address is undeliverable" if route.transport in FAULT_TRANSPORTS else domain


async def _asked(domains: DomainList, domain: str) -> bool:
    try:
        return await domains.matches(domain)
    except TableError as error:
        raise _LookupError(domains.title) from error


async def _found(maps: Maps, lookup: Awaitable[AddressMatch | None]) -> AddressMatch | None:
    try:
        return await lookup
    except TableError as error:
        _failed(maps, error)


def _failed(maps: Maps, error: TableError) -> NoReturn:
    raise _LookupError(maps.title) from error
