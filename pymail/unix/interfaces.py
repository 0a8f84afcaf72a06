"""The network addresses of this host's interfaces, from the C library's `getifaddrs`."""

from __future__ import annotations

import ctypes
import ipaddress
import os
import socket
from typing import Final

_IFF_UP: Final = 0x1
_IFF_LOOPBACK: Final = 0x8
#: Offset of the address in `struct sockaddr_in` and `sockaddr_in6`, and its size.
_PLACE: Final = {socket.AF_INET: (4, 4), socket.AF_INET6: (8, 16)}


class InterfaceAddress:
    """One address with its network prefix length."""

    __slots__ = ("address", "family", "interface", "loopback", "prefix")

    def __init__(self, interface: str, family: int, address: str, prefix: int, *, loopback: bool) -> None:
        self.interface = interface
        self.family = family
        self.address = address
        self.prefix = prefix
        self.loopback = loopback

    def __repr__(self) -> str:
        return f"InterfaceAddress({self.interface!r}, {self.address}/{self.prefix})"


class _IfAddrs(ctypes.Structure):
    pass


_IfAddrs._fields_ = [  # linux: ifaddrs.h
    ("next", ctypes.POINTER(_IfAddrs)),
    ("name", ctypes.c_char_p),
    ("flags", ctypes.c_uint),
    ("address", ctypes.c_void_p),
    ("netmask", ctypes.c_void_p),
    ("other", ctypes.c_void_p),
    ("data", ctypes.c_void_p),
]

#: Loaded with the module: forked daemons share it.
_LIBRARY: Final = ctypes.CDLL(None, use_errno=True)


def interface_addresses() -> list[InterfaceAddress]:
    """Return the addresses of all interfaces that are up, link-local ones of IPv6 left out. Raises OSError."""
    head = ctypes.POINTER(_IfAddrs)()
    if _LIBRARY.getifaddrs(ctypes.byref(head)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    found = []
    try:
        item = head
        while item:
            entry = item.contents
            if entry.address and entry.flags & _IFF_UP:
                family = ctypes.c_ushort.from_address(entry.address).value
                if family in _PLACE:
                    found.append(_convert(entry, family))
            item = entry.next
    finally:
        _LIBRARY.freeifaddrs(head)
    return [
        item for item in found if item.family == socket.AF_INET or not ipaddress.ip_address(item.address).is_link_local
    ]


def _convert(entry: _IfAddrs, family: int) -> InterfaceAddress:
    offset, size = _PLACE[socket.AddressFamily(family)]
    octets = ctypes.string_at(entry.address + offset, size)
    mask = ctypes.string_at(entry.netmask + offset, size) if entry.netmask else b"\xff" * size
    return InterfaceAddress(
        entry.name.decode("ascii", "replace"),
        family,
        socket.inet_ntop(family, octets),
        int.from_bytes(mask, "big").bit_count(),
        loopback=bool(entry.flags & _IFF_LOOPBACK),
    )
