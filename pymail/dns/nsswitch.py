"""Read the `hosts:` line of nsswitch.conf(5): where host names come from, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DEFAULT_PATH: Final = "/etc/nsswitch.conf"


@dataclass(frozen=True, slots=True)
class HostSources:
    """The order of the sources; `foreign`: one of them is neither the hosts file nor the DNS."""

    order: tuple[str, ...] = ("files", "dns")
    foreign: bool = False


def parse_nsswitch(text: str) -> HostSources:
    """Return the sources. Actions other than the defaults ([NOTFOUND=return] and the like) count as foreign."""
    for line in text.split("\n"):
        database, colon, rest = line.partition("#")[0].partition(":")
        if not colon or database.strip() != "hosts":
            continue
        sources = rest.split()
        order = tuple(dict.fromkeys(source for source in sources if source in ("files", "dns")))
        foreign = any(source not in ("files", "dns") for source in sources)
        return HostSources(order, foreign) if sources else HostSources()
    return HostSources()
