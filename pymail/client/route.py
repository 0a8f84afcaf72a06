"""Find the servers of a next hop: MX records, their addresses, the order in which they are tried, and mail loops.

`Router.route` is Postfix's host selection: exchangers sorted by preference, equal ones in random order, cut at our own
address; without MX records the domain's own addresses; a host in brackets is looked up as it is, an address not at all.
RFC 5321 §5.1, RFC 7505.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from pymail.client import reasons
from pymail.client.nexthop import TcpDestination, is_address
from pymail.client.peer import Peer
from pymail.dns.answer import (
    DnsError,
    InvalidReplyError,
    MxRecord,
    NoDataError,
    NotFoundError,
    NullMxError,
    TryAgainError,
)
from pymail.dns.hosts import HostLookup
from pymail.dns.hosts_file import normal_address
from pymail.dns.resolver import Resolver
from pymail.mail.dsn import Dsn


class RouteError(Exception):
    """There is no server for this next hop; `dsn` tells why, `through_us` that we are among its exchangers."""

    def __init__(self, dsn: Dsn, *, through_us: bool = False) -> None:
        super().__init__(dsn.reason)
        self.dsn = dsn
        self.through_us = through_us


@dataclass(frozen=True, slots=True)
class Route:
    """The servers in the order of trial. `through_us`: we are an exchanger of the domain, with less preference."""

    peers: list[Peer]
    through_us: bool = False


@dataclass(frozen=True, slots=True)
class RoutePolicy:
    """What main.cf says about host selection (smtp_*)."""

    families: tuple[str, ...] = ("A", "AAAA")  # inet_protocols
    address_preference: str = "any"  # "any" "ipv4" "ipv6"
    randomize: bool = True
    balance: bool = True
    address_limit: int = 5  # 0: none
    use_dns: bool = True  # smtp_dns_support_level
    host_lookup: tuple[str, ...] = ("dns",)
    ignore_mx_error: bool = False
    defer_if_no_mx_address: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the router asks others for."""

    resolver: Resolver
    hosts: HostLookup
    is_own: Callable[[str], bool]  # an address of this machine, or of a proxy before it
    warn: Callable[[str], None]
    rng: random.Random


class Router:
    """Turns destinations into servers."""

    __slots__ = ("_around", "_policy")

    def __init__(self, policy: RoutePolicy, around: Surroundings) -> None:
        self._policy = policy
        self._around = around

    async def route(self, destination: TcpDestination, port: int, *, detect_loop: bool) -> Route:
        """Return the servers of *destination*, at least one; raises RouteError."""
        host = destination.host
        if is_address(host):
            return Route(self._literal(host, port))
        if destination.use_mx and self._policy.use_dns:
            found = await self._domain(host, port, detect_loop)
        else:
            found = Route(await self._host_or_fail(host, port, detect_loop))
        return Route(self._limit(found.peers), found.through_us)

    def _literal(self, host: str, port: int) -> list[Peer]:
        family = "AAAA" if ":" in host else "A"
        if family not in self._policy.families:
            raise RouteError(reasons.cannot_look_up(host, "Address family for hostname not supported", "5.4.4"))
        address = normal_address(host)
        return [Peer(address, address, port)]

    async def _host_or_fail(self, host: str, port: int, detect_loop: bool) -> list[Peer]:
        """Return the addresses of one host, which may not be ourselves."""
        found = await self._addresses(host, 0, port)
        if detect_loop and any(self._around.is_own(peer.address) for peer in found):
            raise RouteError(reasons.loops_back(host), through_us=True)
        return self._sort(found)

    async def _domain(self, domain: str, port: int, detect_loop: bool) -> Route:
        """Return the servers of a mail domain."""
        try:
            answer = await self._around.resolver.query(domain, "MX")
        except NullMxError as error:
            raise RouteError(Dsn("5.1.0", str(error))) from error
        except NotFoundError:
            return Route(await self._host_or_fail(domain, port, detect_loop))
        except DnsError as error:
            if self._policy.ignore_mx_error:
                return Route(await self._host_or_fail(domain, port, detect_loop))
            raise RouteError(Dsn(_dns_status(error), str(error))) from error
        found = await self._exchangers(domain, answer.exchanges, port)
        if not detect_loop:
            return Route(found)
        return self._before_myself(domain, found, min(record.preference for record in answer.exchanges))

    async def _exchangers(self, domain: str, records: tuple[MxRecord, ...], port: int) -> list[Peer]:
        """Return the addresses of all exchangers, sorted; one without address counts only when all are so."""
        found: list[Peer] = []
        failure: RouteError | None = None
        for record in records:
            try:
                found += await self._addresses(record.exchange, record.preference, port)
            except RouteError as error:
                failure = error
        if not found:
            assert failure is not None
            self._around.warn(f"no MX host for {domain} has a valid address record")
            if self._policy.defer_if_no_mx_address:
                raise RouteError(reasons.as_transient(failure.dsn)) from failure
            raise failure
        return self._sort(found)

    def _before_myself(self, domain: str, found: list[Peer], best: int) -> Route:
        """Leave only what is better than ourselves. RFC 5321 §5.1."""
        own = [peer.preference for peer in found if self._around.is_own(peer.address)]
        if not own:
            return Route(found)
        limit = min(own)
        better = [peer for peer in found if peer.preference < limit]
        if not better:
            dsn = reasons.loops_back(domain) if limit <= best else reasons.no_primary(domain)
            raise RouteError(dsn, through_us=True)
        return Route(better, through_us=True)

    async def _addresses(self, host: str, preference: int, port: int) -> list[Peer]:
        """Look one host up, by the ways that are configured; raises RouteError with the last way's trouble."""
        if is_address(host):
            return [Peer(host, normal_address(host), port, preference)]
        failure: RouteError | None = None
        ways = self._policy.host_lookup if self._policy.use_dns else ("native",)
        for way in ways:
            try:
                texts = await (self._dns_addresses(host) if way == "dns" else self._native_addresses(host))
            except RouteError as error:
                failure = error
            else:
                return [Peer(host, address, port, preference) for address in texts]
        assert failure is not None
        raise failure

    async def _dns_addresses(self, host: str) -> tuple[str, ...]:
        texts: tuple[str, ...] = ()
        failure: DnsError | None = None
        for family in self._policy.families:
            try:
                texts += (await self._around.resolver.query(host, family)).texts
            except DnsError as error:
                if failure is None or isinstance(failure, NotFoundError):
                    failure = error
        if not texts:
            assert failure is not None
            raise RouteError(Dsn(_dns_status(failure), str(failure))) from failure
        return texts

    async def _native_addresses(self, host: str) -> tuple[str, ...]:
        try:
            return await self._around.hosts.addresses(host)
        except NoDataError as error:
            problem, status = "No address associated with hostname", "5.4.4"
            raise RouteError(reasons.cannot_look_up(host, problem, status)) from error
        except NotFoundError as error:
            raise RouteError(reasons.cannot_look_up(host, "Name or service not known", "5.4.4")) from error
        except DnsError as error:
            problem, status = "Temporary failure in name resolution", "4.3.0"
            raise RouteError(reasons.cannot_look_up(host, problem, status)) from error

    # The order.

    def _sort(self, found: list[Peer]) -> list[Peer]:
        """Sort by preference, then by the preferred protocol; chance decides among equals."""
        if len(found) < 2:
            return found
        if self._policy.randomize:
            self._around.rng.shuffle(found)
        prefer = self._policy.address_preference
        if prefer in ("ipv4", "ipv6"):
            found.sort(key=lambda peer: (peer.preference, (":" in peer.address) != (prefer == "ipv6")))
        else:
            found.sort(key=lambda peer: peer.preference)
        return found

    def _limit(self, found: list[Peer]) -> list[Peer]:
        """Cut at smtp_mx_address_limit; when both protocols are there, leave room for each."""
        limit = self._policy.address_limit
        if not limit or len(found) <= limit:
            return found
        if not self._policy.balance or limit < 2:
            return found[:limit]
        ipv6 = sum(":" in peer.address for peer in found)
        most6 = limit - min(len(found) - ipv6, limit // 2)
        most4 = limit - min(ipv6, limit // 2)
        chosen: list[Peer] = []
        counts = {True: 0, False: 0}
        for peer in found:
            is6 = ":" in peer.address
            if counts[is6] < (most6 if is6 else most4) and len(chosen) < limit:
                counts[is6] += 1
                chosen.append(peer)
        return chosen


def _dns_status(error: DnsError) -> str:
    """Return the enhanced status of a failed lookup."""
    match error:
        case TryAgainError():
            return "4.4.3"
        case NotFoundError() | InvalidReplyError():
            return "5.4.4"
        case NullMxError():
            return "5.1.0"
        case _:
            return "5.4.3"
