"""Open a connection to a server: the source address, the deadline, and errors in the words of the log."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pymail.client.peer import Peer

PATH_LIMIT: Final = 107  # octets, unix(7)


class ConnectError(Exception):
    """No connection; `str()` is what follows `connect to H[A]:P: `."""


@dataclass(frozen=True, slots=True)
class ConnectOptions:
    """How to connect. `timeout` in seconds, 0: as long as the system likes."""

    timeout: float = 30.0
    bind_address: str = ""
    bind_address6: str = ""
    bind_enforce: bool = False


async def connect(peer: Peer, options: ConnectOptions, make: Callable[[], asyncio.Protocol]) -> None:
    """Connect a protocol of *make* to *peer*; raises ConnectError."""
    loop = asyncio.get_running_loop()
    task = loop.create_task(_establish(peer, options, make))
    expired = False

    def expire() -> None:
        nonlocal expired
        expired = True
        task.cancel()

    timer = loop.call_later(options.timeout, expire) if options.timeout else None
    try:
        await task
    except asyncio.CancelledError:
        if not expired:  # our caller is cancelled
            raise
        raise ConnectError("Connection timed out") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in a path
        raise ConnectError(_text(error)) from error
    finally:
        if timer is not None:
            timer.cancel()


async def _establish(peer: Peer, options: ConnectOptions, make: Callable[[], asyncio.Protocol]) -> None:
    loop = asyncio.get_running_loop()
    if not peer.port:
        if len(os.fsencode(peer.address)) > PATH_LIMIT:  # libuv would cut it and connect to another socket
            raise OSError(errno.ENAMETOOLONG, "")
        await loop.create_unix_connection(make, peer.address)
        return
    source = options.bind_address6 if ":" in peer.address else options.bind_address
    if not source:
        await loop.create_connection(make, peer.address, peer.port)
        return
    sock = socket.socket(peer.family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        _bind(sock, source.strip("[]"), enforce=options.bind_enforce)
        await loop.sock_connect(sock, (peer.address, peer.port))
        await loop.create_connection(make, sock=sock)
    except BaseException:
        sock.close()
        raise


def _bind(sock: socket.socket, source: str, *, enforce: bool) -> None:
    try:
        sock.bind((source, 0))
    except OSError as error:
        if enforce:
            raise ConnectError(f"bind {source}: {_text(error)}") from error


def _text(error: Exception) -> str:
    """Return the system's text for *error*: event loops add their own."""
    code = getattr(error, "errno", None)
    return os.strerror(code) if code else str(error)
