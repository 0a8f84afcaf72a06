"""Read hosts(5): names of addresses and addresses of names, without asking anybody."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

DEFAULT_PATH: Final = "/etc/hosts"


@dataclass(frozen=True, slots=True)
class Hosts:
    """The file, ready for lookups. Names are in lower case, addresses in their shortest form."""

    by_name: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    by_address: Mapping[str, str] = field(default_factory=dict)  # the canonical name

    def addresses(self, name: str) -> tuple[str, ...]:
        """Return the addresses of *name* in the order of the file."""
        return self.by_name.get(name.lower(), ())

    def name_of(self, address: str) -> str | None:
        """Return the first name on the first line of *address*."""
        return self.by_address.get(normal_address(address))


def normal_address(address: str) -> str:
    """Return the one spelling of an address; text that is none as it is."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return address


def parse_hosts(text: str) -> Hosts:
    """Return what the file says; lines that do not begin with an address are passed over."""
    by_name: dict[str, dict[str, None]] = {}
    by_address: dict[str, str] = {}
    for line in text.split("\n"):
        address, *names = line.partition("#")[0].split() or [""]
        if not names:
            continue
        try:
            address = str(ipaddress.ip_address(address))
        except ValueError:
            continue
        by_address.setdefault(address, names[0])
        for name in names:
            by_name.setdefault(name.lower(), {})[address] = None
    return Hosts({name: tuple(found) for name, found in by_name.items()}, by_address)
