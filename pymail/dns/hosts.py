"""Host names and addresses as the system sees them: the hosts file and the DNS, in the order of nsswitch.conf.

`HostLookup.addresses` is for `smtp_host_lookup = native` and for names in configuration; `HostLookup.name_of` gives
smtpd the name of a client, with the forward lookup that confirms it. When nsswitch.conf names other sources (mdns,
ldap, resolve ...), the C library is asked, in a pool of threads, each question with a deadline.
"""

from __future__ import annotations

import asyncio
import enum
import ipaddress
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

from pymail.dns import hosts_file, nsswitch
from pymail.dns.answer import DnsError, NoDataError, NotFoundError, TryAgainError
from pymail.dns.hostname import is_hostname
from pymail.dns.hosts_file import normal_address, parse_hosts
from pymail.dns.nsswitch import parse_nsswitch
from pymail.dns.resolver import Resolver
from pymail.dns.watched_file import WatchedFile

UNKNOWN: Final = "unknown"  # Postfix: the name of a client without one
THREADS: Final = 64
NATIVE_DEADLINE: Final = 30.0  # seconds

Result = TypeVar("Result")


class NameStatus(enum.Enum):
    """How sure a client's name is; the values are those that smtpd passes on (XCLIENT, policy): 2, 4, 5, 6."""

    OK = 2
    TRY_AGAIN = 4
    NOT_FOUND = 5
    FORGED = 6  # the name exists, and does not have this address


@dataclass(frozen=True, slots=True)
class ClientName:
    """The name of an address. `name` is confirmed, or "unknown"; `reverse_name` is what the PTR record says."""

    name: str
    status: NameStatus
    reverse_name: str
    reverse_status: NameStatus
    warning: str = ""  # text for the log


def reverse_pointer(address: str) -> str:
    """Return the name whose PTR record names *address*."""
    return ipaddress.ip_address(address).reverse_pointer


class HostLookup:
    """Looks names and addresses up. The paths are there for tests and chroots."""

    __slots__ = ("_families", "_hosts", "_pool", "_resolver", "_sources")

    def __init__(
        self,
        resolver: Resolver,
        *,
        hosts_path: str = hosts_file.DEFAULT_PATH,
        nsswitch_path: str = nsswitch.DEFAULT_PATH,
        families: tuple[str, ...] = ("A", "AAAA"),
    ) -> None:
        """*families*: the record types of the enabled protocols, the preferred one first."""
        self._resolver = resolver
        self._families = families
        self._hosts = WatchedFile(hosts_path, parse_hosts)
        self._sources = WatchedFile(nsswitch_path, parse_nsswitch)
        self._pool: ThreadPoolExecutor | None = None

    async def addresses(self, name: str) -> tuple[str, ...]:
        """Return the addresses of the enabled families. Raises NotFoundError, TryAgainError and other DnsErrors."""
        family = self._family_of(name)
        if family is not None:
            if family in self._families:
                return (normal_address(name),)
            raise NoDataError(name, self._families[0])
        if not is_hostname(name):
            raise NotFoundError(name, self._families[0])
        sources = self._sources.get()
        if sources.foreign:
            return await self._native_addresses(name)
        failure: DnsError = NotFoundError(name, self._families[0])
        for source in sources.order:
            if source == "files":
                found = tuple(a for a in self._hosts.get().addresses(name) if self._family_of(a) in self._families)
                if found:
                    return found
            else:
                try:
                    return await self._dns_addresses(name)
                except DnsError as error:
                    failure = error
        raise failure

    async def name_of(self, address: str) -> ClientName:
        """Return the name of a client, and whether the name confirms the address. Raises nothing."""
        try:
            name = await self._reverse(address)
        except NotFoundError:
            return ClientName(UNKNOWN, NameStatus.NOT_FOUND, UNKNOWN, NameStatus.NOT_FOUND)
        except DnsError:
            return ClientName(UNKNOWN, NameStatus.TRY_AGAIN, UNKNOWN, NameStatus.TRY_AGAIN)
        try:
            addresses = await self.addresses(name)
        except DnsError as error:
            status = NameStatus.NOT_FOUND if isinstance(error, NotFoundError) else NameStatus.TRY_AGAIN
            problem = (
                "Temporary failure in name resolution"
                if status is NameStatus.TRY_AGAIN
                else "Name or service not known"
            )
            warning = f"hostname {name} does not resolve to address {address}: {problem}"
            return ClientName(UNKNOWN, status, name, NameStatus.OK, warning)
        if normal_address(address) in addresses:
            return ClientName(name, NameStatus.OK, name, NameStatus.OK)
        warning = f"hostname {name} does not resolve to address {address}"
        return ClientName(UNKNOWN, NameStatus.FORGED, name, NameStatus.OK, warning)

    @staticmethod
    def _family_of(address: str) -> str | None:
        try:
            return "A" if ipaddress.ip_address(address).version == 4 else "AAAA"
        except ValueError:
            return None

    async def _dns_addresses(self, name: str) -> tuple[str, ...]:
        found: list[str] = []
        failure: DnsError | None = None
        for family in self._families:
            try:
                found += (await self._resolver.query(name, family)).texts
            except DnsError as error:
                if failure is None or isinstance(failure, NotFoundError):
                    failure = error
        if found:
            return tuple(map(normal_address, found))
        assert failure is not None
        raise failure

    async def _reverse(self, address: str) -> str:
        sources = self._sources.get()
        pointer = reverse_pointer(address)
        if sources.foreign:
            return await self._native_name(address, pointer)
        failure: DnsError = NotFoundError(pointer, "PTR")
        for source in sources.order:
            if source == "files":
                name = self._hosts.get().name_of(address)
                if name is not None and is_hostname(name):
                    return name
            else:
                try:
                    return (await self._resolver.query(pointer, "PTR")).texts[0]
                except DnsError as error:
                    failure = error
        raise failure

    async def _in_thread(self, function: Callable[[], Result], error: DnsError) -> Result:
        """Run a blocking lookup; too late is TryAgainError, the thread goes on by itself."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(THREADS, "hosts")
        work = asyncio.get_running_loop().run_in_executor(self._pool, function)
        done, _ = await asyncio.wait((work,), timeout=NATIVE_DEADLINE)
        if not done:
            work.cancel()
            raise TryAgainError(error.name, error.rdtype)
        try:
            return work.result()
        except socket.gaierror as problem:
            if problem.errno in (socket.EAI_AGAIN, socket.EAI_SYSTEM, socket.EAI_MEMORY):
                raise TryAgainError(error.name, error.rdtype) from problem
            raise error from problem
        except OSError as problem:
            raise TryAgainError(error.name, error.rdtype) from problem

    async def _native_addresses(self, name: str) -> tuple[str, ...]:
        found = await self._in_thread(
            lambda: socket.getaddrinfo(name, None, type=socket.SOCK_STREAM), NotFoundError(name, self._families[0])
        )
        numeric = [normal_address(str(entry[4][0])) for entry in found]
        wanted = tuple(dict.fromkeys(address for address in numeric if self._family_of(address) in self._families))
        if not wanted:
            raise NoDataError(name, self._families[0])
        return wanted

    async def _native_name(self, address: str, pointer: str) -> str:
        name, _ = await self._in_thread(
            lambda: socket.getnameinfo((address, 0), socket.NI_NAMEREQD), NotFoundError(pointer, "PTR")
        )
        if not is_hostname(name):
            raise NotFoundError(pointer, "PTR")
        return name
