"""Virtual aliases: one recipient becomes one or many, and what it becomes may be an alias again.

An address that expands into itself stays, and is not expanded again. Limits end loops; a table that cannot be asked
ends the message, with a status that makes the client come again (Postfix: cleanup_map1n.c).
"""

from __future__ import annotations

from typing import Final

from pymail.daemons.cleanup.params import CleanupParams
from pymail.daemons.cleanup.recipients import Expanded, Incoming
from pymail.ipc.cleanup import CleanupStatus
from pymail.log.events import cleanup as events
from pymail.mail.address_list import extract_addresses
from pymail.mail.quoting import quote, unquote
from pymail.mail.rewrite import RewriteRules, rewrite_address
from pymail.tables.address import AddressRules, find_address, mapped_address
from pymail.tables.base import TableError
from pymail.tables.maps import Maps
from pymail.tables.match import DomainList

REASON: Final = "4.6.0 Alias expansion error"


class ExpansionError(Exception):
    """A recipient cannot be expanded; str() is the warning, *status* what cleanup answers."""

    def __init__(self, status: int, warning: str) -> None:
        super().__init__(warning)
        self.status = status


class LocalSites:
    """Domains whose users may be aliased without naming the domain: myorigin and mydestination."""

    __slots__ = ("_domains", "_origin")

    def __init__(self, origin: str, domains: DomainList) -> None:
        self._origin = origin.lower()
        self._domains = domains

    def matches_now(self, domain: str) -> bool:
        """Return True for a local domain; raises TableError."""
        return domain.lower() == self._origin or self._domains.matches_now(domain)

    async def matches(self, domain: str) -> bool:
        """Return True for a local domain, without blocking the loop; raises TableError."""
        return domain.lower() == self._origin or await self._domains.matches(domain)


class Aliases:
    """virtual_alias_maps and the limits of their expansion."""

    __slots__ = ("_keys", "_limits", "_maps", "_propagates", "_rules")

    def __init__(self, maps: Maps, keys: AddressRules, rules: RewriteRules, params: CleanupParams) -> None:
        self._maps = maps
        self._keys = keys
        self._rules = rules
        self._limits = params
        wanted = params.propagate_unmatched_extensions.lower().replace(",", " ").split()
        self._propagates = "virtual" in wanted

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to expand."""
        return self._maps.is_empty

    def changed(self) -> bool:
        """Return True when a table must be opened again."""
        return self._maps.changed() is not None

    async def expand_all(self, queue_id: str, sources: list[Incoming]) -> list[Expanded]:
        """Return what each of *sources* becomes; raises ExpansionError."""
        return [Expanded(source, await self.expand(queue_id, source.address)) for source in sources]

    async def expand(self, queue_id: str, address: str) -> tuple[str, ...]:
        """Return the addresses that *address* (internal) becomes; raises ExpansionError."""
        found = await self._find(queue_id, address)
        if found is None:
            return (address,)
        addresses = [address]
        final: set[str] = set()
        position = 0
        while position < len(addresses):
            if len(addresses) > self._limits.virtual_alias_expansion_limit:
                raise self._defer(events.map_expansion(queue_id, self._maps.title, address))
            await self._expand_at(queue_id, addresses, position, final)
            position += 1
        return tuple(addresses)

    async def _expand_at(self, queue_id: str, addresses: list[str], position: int, final: set[str]) -> None:
        """Expand the address at *position* until it stands: its first result takes its place, others go to the end."""
        title = self._maps.title
        for _ in range(self._limits.virtual_alias_recursion_limit):
            current = addresses[position]
            if current.lower() in final:
                return
            results = await self._find(queue_id, current)
            if results is None:
                return
            for number, result in enumerate(results):
                if len(result) > self._limits.virtual_alias_address_length_limit:
                    raise self._defer(events.map_result_length(queue_id, title, result, current))
                if result.lower() == current.lower():
                    final.add(result.lower())
                if number == 0:
                    addresses[position] = result
                else:
                    addresses.append(result)
        if addresses[position].lower() not in final:
            raise self._defer(events.map_nesting(queue_id, title, addresses[0]))

    async def _find(self, queue_id: str, address: str) -> list[str] | None:
        try:
            match = await find_address(self._maps, address, self._keys)
        except TableError as error:
            raise ExpansionError(
                CleanupStatus.WRITE, events.map_problem(queue_id, self._maps.title, address)
            ) from error
        if match is None:
            return None
        extension = match.extension if self._propagates else ""
        return self._results(match.value, address, extension) or None

    def _results(self, value: str, address: str, extension: str) -> list[str]:
        if value.startswith("@") and "," not in value:
            results = [mapped_address(value.strip(), address, "")]
        else:
            results = [mapped_address(result, address, extension) for result in extract_addresses(value)]
        return [unquote(rewrite_address(quote(result), self._rules)) for result in results]

    def _defer(self, warning: str) -> ExpansionError:
        return ExpansionError(CleanupStatus.DEFER, warning)
