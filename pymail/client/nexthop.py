"""Read the next hop of a delivery request: which host, which port, and whether its MX records count.

    domain  domain:port  [host]  [host]:port  [address]:port  [IPv6:address]  inet:...  unix:path (LMTP)

Several next hops are separated by commas or white space (Postfix 3.5); they are tried in this order. Pure.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from pymail.net.host_port import HostPortError, split_destination

_SEPARATOR: Final = re.compile(r"[,\s]+")


class NexthopError(Exception):
    """The next hop cannot be read; `str()` is the text for the log."""


@dataclass(frozen=True, slots=True)
class TcpDestination:
    """A host and a port; `use_mx` is off for a host in square brackets."""

    host: str
    port: str  # a number or the name of a service; empty: the default of the protocol
    use_mx: bool

    @property
    def is_address(self) -> bool:
        """True when `host` is an IP address: nothing is looked up."""
        return is_address(self.host)


@dataclass(frozen=True, slots=True)
class UnixDestination:
    """A socket in the file system."""

    path: str


Destination: TypeAlias = TcpDestination | UnixDestination


def is_address(text: str) -> bool:
    """Tell whether *text* is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def split_nexthops(text: str) -> tuple[str, ...]:
    """Return the next hops in *text* in their order."""
    return tuple(part for part in _SEPARATOR.split(text) if part)


def parse_nexthop(text: str, *, lmtp: bool = False) -> Destination:
    """Read one next hop. Raises NexthopError."""
    if lmtp and text.startswith("unix:"):
        path = text[5:]
        if not path or "\0" in path:
            raise NexthopError(f"missing path in server description: {text}")
        return UnixDestination(path)
    return _parse_tcp(text.removeprefix("inet:"), text, lmtp=lmtp)


def _parse_tcp(text: str, whole: str, *, lmtp: bool) -> TcpDestination:
    if is_address(text):
        return TcpDestination(text, "", use_mx=False)
    try:
        host, port = split_destination(text, "")
    except HostPortError as error:
        raise NexthopError(f"{error} in server description: {whole}") from error
    if "\0" in host:
        raise NexthopError(f"malformed domain or host name in server description: {whole}")
    return TcpDestination(host, port, use_mx=not lmtp and not text.startswith("["))


def parse_known_ports(text: str) -> dict[str, int]:
    """Read known_tcp_ports (`lmtp=24, smtps=submissions=465`); raises NexthopError."""
    ports: dict[str, int] = {}
    for group in text.split(","):
        *names, number = (part.strip() for part in group.split("="))
        if not names and not number:
            continue
        if not names or not number.isascii() or not number.isdigit() or not 0 < int(number) < 65536:
            raise NexthopError(f"bad entry in known_tcp_ports: {group.strip()}")
        ports.update(dict.fromkeys(names, int(number)))
    return ports
