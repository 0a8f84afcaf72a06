"""The default of mynetworks: the networks of this host's interfaces, by mynetworks_style.

Asks the kernel (Linux: SIOCGIFCONF for IPv4, /proc/net/if_inet6 for IPv6).
"""

from __future__ import annotations

import fcntl
import ipaddress
import socket
import struct
from array import array
from collections.abc import Iterable

Interface = ipaddress.IPv4Interface | ipaddress.IPv6Interface

#: linux/sockios.h
SIOCGIFCONF = 0x8912
SIOCGIFFLAGS = 0x8913
SIOCGIFNETMASK = 0x891B
IFF_UP = 1

#: struct ifreq: 16 octets of name, then a socket address or flags; 40 octets in all on 64-bit machines, 32 on others.
IFREQ_SIZE = 40 if struct.calcsize("P") == 8 else 32
MAXIMUM_INTERFACES = 1024

LOOPBACK = (ipaddress.ip_interface("127.0.0.1/8"), ipaddress.ip_interface("::1/128"))


def own_networks(style: str, interfaces: str, protocols: str, system: Iterable[Interface] | None = None) -> str:
    """Return the value of mynetworks for *style* (host, subnet, class), inet_interfaces and inet_protocols.

    *system* stands for the host's own list of interfaces.
    """
    versions = _versions(protocols)
    available = system_interfaces() if system is None else system
    chosen = [one for one in chosen_interfaces(interfaces, available) if one.version in versions]
    networks = []
    for interface in chosen:
        text = _network(interface, style)
        if text not in networks:
            networks.append(text)
    return " ".join(networks)


def chosen_interfaces(interfaces: str, system: Iterable[Interface]) -> list[Interface]:
    """Return what inet_interfaces selects: all of *system*, the loopback ones, or single addresses."""
    system = list(system)
    chosen: list[Interface] = []
    for word in interfaces.replace(",", " ").split():
        if word.lower() == "all":
            chosen += system
        elif word.lower() == "loopback-only":
            chosen += [one for one in system if one.ip.is_loopback] or list(LOOPBACK)
        else:
            for address in _addresses(word):
                chosen += [one for one in system if one.ip == address] or [ipaddress.ip_interface(address)]
    return chosen


def system_interfaces() -> list[Interface]:
    """Return address and network of each interface that is up; IPv4 first."""
    return [*_ipv4_interfaces(), *_ipv6_interfaces()]


def _ipv4_interfaces() -> list[Interface]:
    found: list[Interface] = []
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            room = array("B", bytes(IFREQ_SIZE * MAXIMUM_INTERFACES))
            address, length = room.buffer_info()
            answer = fcntl.ioctl(probe, SIOCGIFCONF, struct.pack("iP", length, address))
            used = struct.unpack_from("i", answer)[0]
            for start in range(0, used, IFREQ_SIZE):
                request = room[start : start + IFREQ_SIZE].tobytes()
                name = request[:16].ljust(IFREQ_SIZE, b"\0")
                flags = struct.unpack_from("H", fcntl.ioctl(probe, SIOCGIFFLAGS, name), 16)[0]
                if not flags & IFF_UP:
                    continue
                # The mask of an alias is asked for by its address, which the kernel matches too.
                mask = socket.inet_ntoa(fcntl.ioctl(probe, SIOCGIFNETMASK, request)[20:24])
                found.append(ipaddress.IPv4Interface(f"{socket.inet_ntoa(request[20:24])}/{mask}"))
    except (OSError, ValueError):
        pass
    return found


def _ipv6_interfaces() -> list[Interface]:
    found: list[Interface] = []
    try:
        with open("/proc/net/if_inet6", encoding="ascii") as file:
            lines = file.read().splitlines()
    except OSError:
        return found
    for line in lines:
        fields = line.split()
        address = ipaddress.IPv6Address(int(fields[0], 16))
        found.append(ipaddress.IPv6Interface((address, int(fields[2], 16))))
    # Link-local addresses last, as the kernel's own list has them.
    return sorted(found, key=lambda one: one.ip.is_link_local)


def _versions(protocols: str) -> set[int]:
    words = protocols.replace(",", " ").lower().split()
    versions = {version for version, name in ((4, "ipv4"), (6, "ipv6")) if name in words}
    return {4, 6} if "all" in words else versions


def _addresses(word: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Return the addresses that *word* of inet_interfaces means: an address, in brackets or not, or a host name."""
    bare = word.removeprefix("[").removesuffix("]")
    try:
        return [ipaddress.ip_address(bare)]
    except ValueError:
        pass
    try:
        answers = socket.getaddrinfo(bare, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [ipaddress.ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers]


def _network(interface: Interface, style: str) -> str:
    length: int = interface.max_prefixlen
    if style == "subnet" or (style == "class" and interface.version == 6):
        length = interface.network.prefixlen
    elif style == "class":
        # RFC 791 §3.2: classes A, B and C; other addresses are single hosts.
        first = interface.packed[0]
        length = 8 if first < 128 else 16 if first < 192 else 24 if first < 224 else 32
    network = ipaddress.ip_network(f"{interface.ip}/{length}", strict=False)
    address = str(network.network_address)
    return f"[{address}]/{length}" if interface.version == 6 else f"{address}/{length}"
