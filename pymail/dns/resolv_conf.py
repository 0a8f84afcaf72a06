"""Read resolv.conf(5): which name servers to ask, and how long to wait for them."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final

DEFAULT_PATH: Final = "/etc/resolv.conf"
MAX_SERVERS: Final = 3  # resolv.conf(5), MAXNS
MAX_SEARCH: Final = 32
MAX_TIMEOUT: Final = 30  # seconds, resolv.conf(5)
MAX_ATTEMPTS: Final = 5  # resolv.conf(5)
DNS_PORT: Final = 53


@dataclass(frozen=True, slots=True)
class Server:
    """A name server."""

    address: str
    port: int = DNS_PORT


@dataclass(frozen=True, slots=True)
class ResolvConf:
    """The settings that a stub resolver needs."""

    servers: tuple[Server, ...] = (Server("127.0.0.1"),)
    search: tuple[str, ...] = ()
    timeout: float = 5.0  # seconds, for one server's answer
    attempts: int = 2  # rounds over all servers
    ndots: int = 1
    rotate: bool = False


def _number(text: str, low: int, high: int, default: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        return default
    return max(low, min(int(text), high))


def parse_resolv_conf(text: str) -> ResolvConf:
    """Return the settings; what is not understood is passed over, as the C library does."""
    servers: list[Server] = []
    search: tuple[str, ...] = ()
    timeout, attempts, ndots, rotate = 5, 2, 1, False
    for line in text.split("\n"):
        if line.startswith(("#", ";")):
            continue
        keyword, *values = line.split() or [""]
        if keyword == "nameserver" and values:
            try:
                ipaddress.ip_address(values[0])
            except ValueError:
                continue
            servers.append(Server(values[0]))
        elif keyword == "search":
            search = tuple(values[:MAX_SEARCH])
        elif keyword == "domain":
            search = tuple(values[:1])
        elif keyword == "options":
            for option in values:
                name, _, value = option.partition(":")
                if name == "timeout":
                    timeout = _number(value, 1, MAX_TIMEOUT, timeout)
                elif name == "attempts":
                    attempts = _number(value, 1, MAX_ATTEMPTS, attempts)
                elif name == "ndots":
                    ndots = _number(value, 0, 15, ndots)
                elif name == "rotate":
                    rotate = True
    return ResolvConf(
        tuple(servers[:MAX_SERVERS]) or (Server("127.0.0.1"),), search, float(timeout), attempts, ndots, rotate
    )
