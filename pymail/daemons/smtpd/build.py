"""From main.cf to what the sessions of a process share: opens tables, reads lists, warns of what is missing."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from pymail.config.main_cf import MainCf
from pymail.daemons.smtpd.access.engine import Access, compile_lists
from pymail.daemons.smtpd.access.lists import Compiler
from pymail.daemons.smtpd.access.run import AddressResolver, Check, NameServer, RecipientTables, Surroundings
from pymail.daemons.smtpd.access.status import Role
from pymail.daemons.smtpd.access.table import AccessTable
from pymail.daemons.smtpd.etrn import FlushClient
from pymail.daemons.smtpd.message import OpenCleanup
from pymail.daemons.smtpd.params import SmtpdParams
from pymail.daemons.smtpd.shared import RecentMatches, Settings, Shared, WordList
from pymail.dns.hostname import is_hostname
from pymail.dns.hosts import ClientName
from pymail.log.fatal import FatalError
from pymail.log.logger import Log
from pymail.mail.quoting import split_address
from pymail.mail.rewrite import RewriteRules
from pymail.net.families import BadProtocolError, parse_protocols
from pymail.net.own_addresses import BadInterfacesError, own_addresses
from pymail.proto.line import BareLinefeed
from pymail.tables.address import AddressRules
from pymail.tables.base import Table, TableError
from pymail.tables.context import TableContext
from pymail.tables.maps import Maps
from pymail.tables.match import DomainList, DomainMatch, HostList, parent_style
from pymail.util.matchlist import MatchListError, split_list, split_list_braces
from pymail.util.network import parse_address

#: Values of smtpd_forbid_bare_newline.
_RULES: Final = {
    "no": BareLinefeed.NO,
    "note": BareLinefeed.NOTE,
    "normalize": BareLinefeed.NORMALIZE,
    "yes": BareLinefeed.NORMALIZE,
    "reject": BareLinefeed.REJECT,
}
#: Seconds that a look at the free space counts.
_SPACE_TIME: Final = 1.0
#: Domains whose syntax is remembered.
_DOMAINS: Final = 1000
#: Parameters that promise something which is not built yet: who sets them must know.
_UNSUPPORTED: Final = (
    "smtpd_milters",
    "smtpd_proxy_filter",
    "smtpd_command_filter",
    "smtpd_reject_footer",
    "smtpd_reject_footer_maps",
    "smtpd_upstream_proxy_protocol",
    "smtpd_authorized_xclient_hosts",
    "smtpd_authorized_xforward_hosts",
)


@dataclass(frozen=True, slots=True)
class Outside:
    """The services that sessions use, and the clock."""

    resolver: AddressResolver
    dns: NameServer
    name_of: Callable[[str], Awaitable[ClientName]]
    open_cleanup: OpenCleanup
    clock: Callable[[], float] = time.time


class LocalNames:
    """Domains whose users may be named without one: myorigin, mydestination, and our addresses in brackets."""

    __slots__ = ("_addresses", "_domains", "_origin")

    def __init__(self, domains: DomainList, addresses: frozenset[str], origin: str) -> None:
        self._domains = domains
        self._addresses = addresses
        self._origin = origin.lower()

    def matches_now(self, domain: str) -> bool:
        """Return True for a local domain; raises TableError."""
        return self._is_own(domain) or self._domains.matches_now(domain)

    async def matches(self, domain: str) -> bool:
        """Return True for a local domain; raises TableError."""
        return self._is_own(domain) or await self._domains.matches(domain)

    def _is_own(self, domain: str) -> bool:
        if not domain.startswith("["):
            return domain.lower() == self._origin
        text = domain[1:-1]
        return (text[5:] if text[:5].lower() == "ipv6:" else text) in self._addresses


class LocalClients:
    """local_header_rewrite_clients: whose headers are completed with our domain."""

    __slots__ = ("_steps",)

    def __init__(self, steps: list[Callable[[str, str], Awaitable[bool]]]) -> None:
        self._steps = steps

    async def matches(self, name: str, address: str) -> bool:
        """Return True when the client is one of them; a table that fails does not say so."""
        for step in self._steps:
            try:
                if await step(name, address):
                    return True
            except TableError:
                continue
        return False


class FreeSpace:
    """The free space of the queue's file system; the working directory is in it."""

    __slots__ = ("_clock", "_known", "_until")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known = 0
        self._until = -1.0

    def __call__(self) -> int:
        """Return octets."""
        now = self._clock()
        if now >= self._until:
            status = os.statvfs(".")
            self._known = status.f_bavail * status.f_frsize
            self._until = now + _SPACE_TIME
        return self._known


class DomainSyntax:
    """Tells whether the domain of an internal address can exist, and remembers the last good ones."""

    __slots__ = ("_good",)

    def __init__(self) -> None:
        self._good: set[str] = set()

    def __call__(self, address: str) -> bool:
        """Return True where there is nothing to object to."""
        local, _, domain = address.rpartition("@")
        if local and domain in self._good:
            return True
        if not has_valid_domain(address):
            return False
        if len(self._good) >= _DOMAINS:
            self._good.clear()
        if local and domain:
            self._good.add(domain)
        return True


def has_valid_domain(address: str) -> bool:
    """Return whether the domain of an internal address can exist; without a domain there is nothing to object to."""
    local, domain = split_address(address)
    if domain is None:
        return True
    if not local:
        return False
    if domain.startswith("["):
        if not domain.endswith("]"):
            return False
        text = domain[1:-1]
        is_ipv6 = text[:5].lower() == "ipv6:"
        text = text[5:] if is_ipv6 else text
        return parse_address(text) is not None and (":" in text) == is_ipv6
    return is_hostname(domain.removesuffix("."))


class Builder:
    """Builds one process. Raises FatalError and what opening of tables raises."""

    def __init__(self, conf: MainCf, stress_conf: MainCf | None, context: TableContext, log: Log) -> None:
        self._conf = conf
        self._context = context
        self._log = log
        self.params = SmtpdParams(conf)
        self._stress_params = SmtpdParams(stress_conf) if stress_conf is not None else self.params
        self._watched: list[Maps | DomainList | HostList] = []

    def changed_table(self) -> Table | None:
        """Return a table that only a new process can open again, or None."""
        return next((table for table in (one.changed() for one in self._watched) if table is not None), None)

    def build(self, outside: Outside, is_stressed: Callable[[], bool], *, standalone: bool = False) -> Shared:
        """Return what the sessions share."""
        params = self.params
        self._warn_unsupported()
        own = self._own_addresses()
        mynetworks = RecentMatches(self._hosts("mynetworks", params.mynetworks))
        access = None if standalone else self._access(outside, own, mynetworks)
        return Shared(
            settings=self._settings(params),
            stress_settings=self._settings(self._stress_params),
            is_stressed=is_stressed,
            log=self._log,
            access=access,
            open_cleanup=outside.open_cleanup,
            name_of=outside.name_of,
            clock=outside.clock,
            bare_linefeed_exclusions=self._hosts(
                "smtpd_forbid_bare_newline_exclusions", params.smtpd_forbid_bare_newline_exclusions
            ),
            is_local_client=self._local_clients(own, mynetworks).matches,
            noop_commands=self._words("smtpd_noop_commands", params.smtpd_noop_commands),
            forbidden_commands=self._words("smtpd_forbidden_commands", params.smtpd_forbidden_commands),
            discard_maps=self._maps(
                "smtpd_discard_ehlo_keyword_address_maps", params.smtpd_discard_ehlo_keyword_address_maps
            ),
            flush_site=FlushClient(self._flush_domains(), params.flush_service_name, params.ipc_timeout).send_site,
            free_space=FreeSpace(),
            has_valid_domain=DomainSyntax(),
        )

    def _warn_unsupported(self) -> None:
        params = self.params
        for name in _UNSUPPORTED:
            if getattr(params, name):
                self._log.warning("%s is not supported yet, and has no effect", name)
        if params.smtpd_sasl_auth_enable:
            self._log.warning("smtpd_sasl_auth_enable is not supported yet, and has no effect")
        if params.smtpd_tls_security_level not in ("", "none", "may"):
            raise FatalError(f"smtpd_tls_security_level = {params.smtpd_tls_security_level}: TLS is not supported yet")

    def _settings(self, params: SmtpdParams) -> Settings:
        rule = _RULES.get(params.smtpd_forbid_bare_newline.lower())
        if rule is None:
            raise FatalError(
                f"bad smtpd_forbid_bare_newline value: {params.smtpd_forbid_bare_newline}: "
                "specify one of normalize, note, reject, yes, no"
            )
        return Settings.of(params, rule)

    def _own_addresses(self) -> frozenset[str]:
        params = self.params
        try:
            families = parse_protocols(params.inet_protocols)
            return own_addresses(params.inet_interfaces, params.proxy_interfaces, families).all
        except (BadInterfacesError, BadProtocolError) as error:
            raise FatalError(str(error)) from error

    # Tables and lists.

    def _maps(self, name: str, specs: str) -> Maps:
        maps = Maps(name, specs, self._context)
        self._watched.append(maps)
        return maps

    def _hosts(self, name: str, text: str) -> HostList:
        hosts = HostList(name, text, self._context, self._style(name))
        self._watched.append(hosts)
        return hosts

    def _domains(self, name: str, text: str, style: DomainMatch) -> DomainList:
        domains = DomainList(name, text, self._context, style)
        self._watched.append(domains)
        return domains

    def _style(self, name: str) -> DomainMatch:
        return parent_style(name, self.params.parent_domain_matches_subdomains)

    def _flush_domains(self) -> DomainList:
        return self._domains("fast_flush_domains", self.params.fast_flush_domains, self._style("fast_flush_domains"))

    def _words(self, name: str, text: str) -> WordList:
        try:
            words = split_list_braces(text)
        except MatchListError as error:
            raise FatalError(f"{name}: {error}") from error
        tables = [word for word in words if ":" in word]
        plain = frozenset(word.lower() for word in words if ":" not in word)
        return WordList(plain, self._maps(name, " ".join(tables)) if tables else None)

    def _local_clients(self, own: frozenset[str], mynetworks: RecentMatches) -> LocalClients:
        steps: list[Callable[[str, str], Awaitable[bool]]] = []
        words = split_list_braces(self.params.local_header_rewrite_clients)
        for word in words:
            if word == "permit_inet_interfaces":
                steps.append(_InAddresses(own).matches)
            elif word == "permit_mynetworks":
                steps.append(mynetworks.matches)
            elif ":" in word:
                steps.append(_InTable(self._maps("local_header_rewrite_clients", word)).matches)
            elif word not in ("check_address_map", "permit_sasl_authenticated"):
                self._log.warning('unknown local_header_rewrite_clients restriction: "%s"', word)
        return LocalClients(steps)

    # Access.

    def _access(self, outside: Outside, own: frozenset[str], mynetworks: RecentMatches) -> Access:
        params = self.params
        local = LocalNames(
            self._domains("mydestination", params.mydestination, DomainMatch.EXACT), own, params.myorigin
        )
        shared = Surroundings(
            params=params,
            log=self._log,
            mynetworks=mynetworks,
            own_addresses=own,
            resolver=outside.resolver,
            dns=outside.dns,
            rules=RewriteRules(
                params.myorigin, params.mydomain, params.append_at_myorigin, params.append_dot_mydomain,
                params.swap_bangpath, params.allow_percent_hack,
            ),
            address_rules=AddressRules(params.recipient_delimiter, local),
            recipients=self._recipient_tables(),
            parents=self._style("smtpd_access_maps"),
            permit_logged=frozenset(split_list(params.smtpd_log_access_permit_actions)),
        )  # fmt: skip
        names = split_list(params.smtpd_restriction_classes)
        compiler = Compiler(self._log, frozenset(names), lambda name, spec, role: self._table(name, spec, role))
        self._compiler = compiler
        return Access(shared, compile_lists(params, compiler, {name: self._conf.value(name) for name in names}))

    def _table(self, _restriction: str, spec: str, role: Role) -> Check:
        return AccessTable(self._maps(spec, spec), role, self._compiler.compile)

    def _recipient_tables(self) -> RecipientTables:
        params = self.params
        return RecipientTables(
            virtual_alias=self._maps("virtual_alias_maps", params.virtual_alias_maps),
            canonical=self._maps("canonical_maps", params.canonical_maps),
            sender_canonical=self._maps("sender_canonical_maps", params.sender_canonical_maps),
            recipient_canonical=self._maps("recipient_canonical_maps", params.recipient_canonical_maps),
            local=self._maps("local_recipient_maps", params.local_recipient_maps),
            virtual_mailbox=self._maps("virtual_mailbox_maps", params.virtual_mailbox_maps),
            relay=self._maps("relay_recipient_maps", params.relay_recipient_maps),
        )


@dataclass(frozen=True, slots=True)
class _InAddresses:
    """permit_inet_interfaces"""

    addresses: frozenset[str]

    async def matches(self, _name: str, address: str) -> bool:
        """Return True for one of our own addresses."""
        return address in self.addresses


@dataclass(frozen=True, slots=True)
class _InTable:
    """check_address_map: the table has the client's address."""

    maps: Maps

    async def matches(self, _name: str, address: str) -> bool:
        """Return True when the table has it; raises TableError."""
        return await self.maps.find(address) is not None
