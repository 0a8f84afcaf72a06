"""Make the sockets and named pipes on which daemons are reached. All are non-blocking and close-on-exec.

Only the master calls this. UNIX sockets have mode 0666: access is a matter of the directories private/ and public/.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
from collections.abc import Sequence
from typing import Final

from pymail.net.families import family_of
from pymail.net.own_addresses import OwnAddresses, system_lookup

_SOCKET_MODE: Final = 0o666
_FIFO_MODE: Final = 0o622
_WILDCARD: Final = {socket.AF_INET: "0.0.0.0", socket.AF_INET6: "::"}  # noqa: S104  # what inet_interfaces = all means


class ListenError(OSError):
    """A listener that cannot be made; str() says where and why."""


def inet_addresses(
    host: str, port: str, own: OwnAddresses, families: Sequence[socket.AddressFamily]
) -> list[tuple[str, int]]:
    """Return the addresses and the port number of an inet service. Raises ListenError."""
    number = port_number(port)
    if host:
        plain = host.removeprefix("[").removesuffix("]")
        family = family_of(plain)
        if family is not None:
            return [(plain, number)] if family in families else []
        addresses = system_lookup(plain, families)
        if not addresses:
            raise ListenError(errno.EADDRNOTAVAIL, f"bad hostname or network address: {host}:{port}")
        return [(address, number) for address in addresses]
    if own.wildcard:
        return [(_WILDCARD[family], number) for family in families]
    return [(address, number) for address in own.inet if family_of(address) in families]


def port_number(port: str) -> int:
    """Return the number of a TCP port or service name. Raises ListenError."""
    if port.isdigit():
        return int(port)
    try:
        return socket.getservbyname(port, "tcp")
    except OSError as error:
        raise ListenError(errno.EINVAL, f"unknown service: {port}/tcp") from error


def listen_inet(address: str, port: int, backlog: int) -> socket.socket:
    """Listen on one TCP address. Raises ListenError."""
    family = family_of(address)
    if family is None:
        raise ListenError(errno.EINVAL, f"bad network address: {address}")
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address, port))
        listener.listen(backlog)
    except OSError as error:
        listener.close()
        raise ListenError(error.errno, f"bind {address} port {port}: {error.strerror}") from error
    listener.setblocking(False)
    return listener


def listen_unix(path: str, backlog: int, kind: int = socket.SOCK_STREAM) -> socket.socket:
    """Listen on a UNIX socket, stream or datagram; a stale one is removed first. Raises ListenError."""
    _remove_stale(path, stat.S_ISSOCK)
    listener = socket.socket(socket.AF_UNIX, kind)
    try:
        listener.bind(path)
        os.chmod(path, _SOCKET_MODE)
        if kind == socket.SOCK_STREAM:
            listener.listen(backlog)
    except OSError as error:
        listener.close()
        raise ListenError(error.errno, f"bind {path}: {error.strerror}") from error
    listener.setblocking(False)
    return listener


def open_fifo(path: str) -> int:
    """Make a named pipe and open it for reading and writing, so that it never has an end. Raises ListenError."""
    try:
        if not os.path.exists(path) or not stat.S_ISFIFO(os.lstat(path).st_mode):
            _remove_stale(path, lambda mode: not stat.S_ISDIR(mode))
            os.mkfifo(path, _FIFO_MODE)
        os.chmod(path, _FIFO_MODE)
        return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise ListenError(error.errno, f"open FIFO {path}: {error.strerror}") from error


def _remove_stale(path: str, is_ours: object) -> None:
    """Remove what a dead master left behind; anything but a socket stays, and bind fails."""
    with contextlib.suppress(OSError):
        if callable(is_ours) and is_ours(os.lstat(path).st_mode):
            os.unlink(path)
