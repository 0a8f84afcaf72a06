"""The keys under which an address is looked up, in their order, and the address extension that a match leaves over.

The order stands in one generator for each kind of table; `find_address` (on an event loop) and `find_address_now`
(where one may wait) only carry the questions to the tables. Addresses are internal; each key is tried in its external
(quoted) spelling first where that differs. Parts of an address are asked only of tables with fixed strings.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from pymail.mail.extension import add_extension, extension_with_delimiter, split_extension
from pymail.mail.quoting import quote, quote_local, split_address
from pymail.tables.maps import Maps
from pymail.tables.match import DomainMatch, domain_keys


class LocalDomains(Protocol):
    """Tells which domains are local: those whose users may be named without a domain."""

    def matches_now(self, domain: str) -> bool:
        """Return True for a local domain; raises TableError."""

    async def matches(self, domain: str) -> bool:
        """Return True for a local domain, without blocking the loop; raises TableError."""


@dataclass(frozen=True, slots=True)
class AddressRules:
    """Which keys an address has.

    *delimiters*: recipient_delimiter. *local*: `user+ext` and `user` are keys where the domain is one of these.
    *at_domain*: `@domain` is a key.
    """

    delimiters: str = ""
    local: LocalDomains | None = None
    at_domain: bool = True


@dataclass(frozen=True, slots=True)
class Key:
    """One key. *partial*: not for pattern tables. *extension*: what it leaves out, with the delimiter."""

    text: str
    partial: bool
    extension: str = ""


@dataclass(frozen=True, slots=True)
class IsLocal:
    """The question whether *domain* is local, asked by the generator of keys."""

    domain: str


@dataclass(frozen=True, slots=True)
class AddressMatch:
    """A value, and the extension of the address that the key did not have (with its delimiter; empty when none)."""

    value: str
    extension: str


def _spellings(text: str, external: str, partial: bool, extension: str = "") -> Iterator[Key]:
    yield Key(external, partial, extension)
    if external != text:
        yield Key(text, partial, extension)


def _without_extension(local: str, delimiters: str) -> tuple[str, str]:
    """Return the user name, and the extension with its delimiter."""
    user, extension = split_extension(local, delimiters)
    return user, "" if extension is None else extension_with_delimiter(local, user)


def address_keys(address: str, rules: AddressRules) -> Generator[Key | IsLocal, bool, None]:
    """Yield `user+ext@domain`, `user@domain`, `user+ext`, `user` (local domains), `@domain`.

    The answer to an `IsLocal` is sent in; to a Key nothing is.
    """
    local, domain = split_address(address)
    user, extension = _without_extension(local, rules.delimiters)
    yield from _spellings(address, quote(address), partial=False)
    if domain is None:
        if extension:
            yield from _spellings(user, quote_local(user), True, extension)
        return
    if extension:
        bare = f"{user}@{domain}"
        yield from _spellings(bare, quote(bare), True, extension)
    if rules.local is not None and (yield IsLocal(domain)):
        yield from _spellings(local, quote_local(local), True)
        if extension:
            yield from _spellings(user, quote_local(user), True, extension)
    if rules.at_domain:
        yield Key(f"@{domain}", True, extension)


def transport_keys(address: str, delimiters: str, style: DomainMatch) -> Iterator[Key]:
    """Yield `user+ext@domain`, `user@domain`, the domain, its parents; `*` is left to the caller."""
    local, domain = split_address(address)
    user, extension = _without_extension(local, delimiters)
    yield from _spellings(address, quote(address), partial=False)
    if domain is None:
        return
    if extension:
        bare = f"{user}@{domain}"
        yield from _spellings(bare, quote(bare), True, extension)
    for name in domain_keys(domain, style):
        yield Key(name, True, extension)


def access_keys(address: str, delimiters: str, style: DomainMatch) -> Iterator[Key]:
    """Yield the keys of access tables: as `transport_keys`, then `user+ext@` and `user@`."""
    yield from transport_keys(address, delimiters, style)
    local, domain = split_address(address)
    if domain is not None:
        user, extension = _without_extension(local, delimiters)
        yield from _spellings(f"{local}@", f"{quote_local(local)}@", True)
        if extension:
            yield from _spellings(f"{user}@", f"{quote_local(user)}@", True, extension)


def find_address_now(maps: Maps, address: str, rules: AddressRules) -> AddressMatch | None:
    """Return what *maps* has for *address*; blocking tables are waited for. Raises TableError."""
    if maps.is_empty or not address:
        return None
    keys = address_keys(address, rules)
    key = next(keys, None)
    while key is not None:
        answer = False
        if isinstance(key, IsLocal):
            answer = rules.local is not None and rules.local.matches_now(key.domain)
        else:
            value = maps.lookup(key.text, partial=key.partial)
            if value is not None:
                return AddressMatch(value, key.extension)
        key = _next(keys, answer)
    return None


async def find_address(maps: Maps, address: str, rules: AddressRules) -> AddressMatch | None:
    """Return what *maps* has for *address*, without blocking the loop. Raises TableError."""
    if maps.is_empty or not address:
        return None
    keys = address_keys(address, rules)
    key = next(keys, None)
    while key is not None:
        answer = False
        if isinstance(key, IsLocal):
            answer = rules.local is not None and await rules.local.matches(key.domain)
        else:
            value = await maps.find(key.text, partial=key.partial)
            if value is not None:
                return AddressMatch(value, key.extension)
        key = _next(keys, answer)
    return None


def _next(keys: Generator[Key | IsLocal, bool, None], answer: bool) -> Key | IsLocal | None:
    try:
        return keys.send(answer)
    except StopIteration:
        return None


async def find_keys(maps: Maps, keys: Iterable[Key]) -> AddressMatch | None:
    """Return the value of the first of *keys* that is there, without blocking the loop. Raises TableError."""
    if maps.is_empty:
        return None
    for key in keys:
        value = await maps.find(key.text, partial=key.partial)
        if value is not None:
            return AddressMatch(value, key.extension)
    return None


def find_keys_now(maps: Maps, keys: Iterable[Key]) -> AddressMatch | None:
    """Return the value of the first of *keys* that is there; blocking tables are waited for. Raises TableError."""
    if maps.is_empty:
        return None
    for key in keys:
        value = maps.lookup(key.text, partial=key.partial)
        if value is not None:
            return AddressMatch(value, key.extension)
    return None


def mapped_address(result: str, address: str, extension: str) -> str:
    """Return the internal address that one internal *result* stands for.

    `@domain` keeps the local part of *address*, with its extension; another result gets *extension* (empty when
    propagate_unmatched_extensions says no).
    """
    if result.startswith("@"):
        return split_address(address)[0] + result
    return add_extension(result, extension)
