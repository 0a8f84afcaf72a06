"""The addresses of this mail system: inet_interfaces on this host, and proxy_interfaces in front of it.

Used to listen (master), to notice that mail loops back (smtp), and to find out that `user@[address]` is local
(trivial-rewrite, smtpd). Names are looked up with the C library, so ask at start and before the change of root.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pymail.net.families import family_of
from pymail.unix.interfaces import InterfaceAddress, interface_addresses

#: Looks a host name up: name, families -> addresses. Raises OSError.
Lookup = Callable[[str, Sequence[int]], list[str]]


class BadInterfacesError(ValueError):
    """inet_interfaces or proxy_interfaces cannot be used; str() is the text of the fatal error."""


@dataclass(frozen=True, slots=True)
class OwnAddresses:
    """The result. *wildcard*: inet_interfaces is `all`, so a listener binds every address."""

    inet: tuple[str, ...]
    proxy: tuple[str, ...] = ()
    wildcard: bool = False
    all: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "all", frozenset(self.inet) | frozenset(self.proxy))

    def __contains__(self, address: object) -> bool:
        return address in self.all


def own_addresses(
    inet_interfaces: str,
    proxy_interfaces: str,
    families: Sequence[int],
    *,
    interfaces: Callable[[], list[InterfaceAddress]] = interface_addresses,
    lookup: Lookup | None = None,
) -> OwnAddresses:
    """Return this system's addresses of the enabled *families*. Raises BadInterfacesError."""
    resolve = lookup or system_lookup
    local = [item for item in interfaces() if item.family in families]
    names = _names(inet_interfaces)
    wildcard = "all" in names
    found: list[str] = []
    for name in names:
        if name == "all":
            found += [item.address for item in local]
        elif name == "loopback-only":
            found += [item.address for item in local if item.loopback]
        else:
            found += _resolve(name, "inet_interfaces", families, resolve)
    if families and names and not found:
        raise BadInterfacesError("could not find any active network interfaces")
    if not names:
        raise BadInterfacesError("config variable inet_interfaces: no network addresses")
    proxy = [
        address
        for name in _names(proxy_interfaces)
        for address in _resolve(name, "proxy_interfaces", families, resolve)
    ]
    return OwnAddresses(tuple(dict.fromkeys(found)), tuple(dict.fromkeys(proxy)), wildcard)


def _names(text: str) -> list[str]:
    return [name.lower() for name in re.split(r"[\s,]+", text) if name]


def _resolve(name: str, parameter: str, families: Sequence[int], lookup: Lookup) -> list[str]:
    plain = name[1:-1] if name.startswith("[") and name.endswith("]") else name
    if plain.startswith("ipv6:"):
        plain = plain[5:]
    family = family_of(plain)
    if family is not None:
        return [socket.inet_ntop(family, socket.inet_pton(family, plain))] if family in families else []
    try:
        addresses = lookup(plain, families)
    except OSError:
        addresses = []
    if not addresses:
        raise BadInterfacesError(f"config variable {parameter}: host not found: {name}")
    return addresses


def system_lookup(name: str, families: Sequence[int]) -> list[str]:
    """Look *name* up with the C library (blocking). Raises OSError."""
    found: list[str] = []
    for family in families:
        try:
            answers = socket.getaddrinfo(name, None, family, socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError):
            continue
        found += [str(answer[4][0]) for answer in answers]
    return list(dict.fromkeys(found))
