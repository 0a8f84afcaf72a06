"""Address families: what inet_protocols enables."""

from __future__ import annotations

import re
import socket
from typing import Final

_FAMILY: Final = {"ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}


class BadProtocolError(ValueError):
    """inet_protocols names something that is no protocol."""


def parse_protocols(inet_protocols: str) -> tuple[socket.AddressFamily, ...]:
    """Return the enabled families that this host has, IPv4 first; empty when there is none. Raises BadProtocolError."""
    wanted = {name.lower() for name in re.split(r"[\s,]+", inet_protocols) if name}
    if "all" in wanted:
        wanted = set(_FAMILY)
    for name in wanted:
        if name not in _FAMILY:
            raise BadProtocolError(f'bad protocol name: "{name}" in inet_protocols')
    return tuple(family for name, family in _FAMILY.items() if name in wanted and is_supported(family))


def is_supported(family: socket.AddressFamily) -> bool:
    """Whether the host's kernel has sockets of *family*."""
    try:
        socket.socket(family, socket.SOCK_STREAM).close()
    except OSError:
        return False
    return True


def family_of(address: str) -> socket.AddressFamily | None:
    """Return the family of a numerical address, None for anything else."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, address)
        except (OSError, ValueError):
            continue
        return family
    return None
