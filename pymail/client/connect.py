"""Open a connection to a server: the source address, the deadline, and errors in the words of the log."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from dataclasses import dataclass

from pymail.client.peer import Peer


class ConnectError(Exception):
    """No connection; `str()` is what follows `connect to H[A]:P: `."""


@dataclass(frozen=True, slots=True)
class ConnectOptions:
    """How to connect. `timeout` in seconds, 0: as long as the system likes."""

    timeout: float = 30.0
    bind_address: str = ""
    bind_address6: str = ""
    bind_enforce: bool = False


def _bind(sock: socket.socket, options: ConnectOptions) -> None:
    source = options.bind_address6 if sock.family == socket.AF_INET6 else options.bind_address
    if not source:
        return
    try:
        sock.bind((source.strip("[]"), 0))
    except OSError as error:
        if options.bind_enforce:
            raise ConnectError(f"bind {source}: {error.strerror or error}") from error


async def open_socket(peer: Peer, options: ConnectOptions) -> socket.socket:
    """Return a connected, non-blocking socket; raises ConnectError."""
    try:
        sock = socket.socket(peer.family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    except OSError as error:
        raise ConnectError(error.strerror or str(error)) from error
    try:
        if peer.port:
            _bind(sock, options)
        code = sock.connect_ex((peer.address, peer.port) if peer.port else peer.address)
        if code == errno.EINPROGRESS:
            code = await _connected(sock, options.timeout)
    except (OSError, ValueError) as error:  # ValueError: a path that is too long
        sock.close()
        raise ConnectError(getattr(error, "strerror", None) or str(error)) from error
    except BaseException:
        sock.close()
        raise
    if code:
        sock.close()
        raise ConnectError(os.strerror(code))
    return sock


async def _connected(sock: socket.socket, timeout: float) -> int:
    """Wait for the outcome of a connect that was begun; return 0 or its error number."""
    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[int] = loop.create_future()

    def settle(code: int | None) -> None:
        if not waiter.done():
            waiter.set_result(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) if code is None else code)

    loop.add_writer(sock.fileno(), settle, None)
    timer = loop.call_later(timeout, settle, errno.ETIMEDOUT) if timeout else None
    try:
        return await waiter
    finally:
        loop.remove_writer(sock.fileno())
        if timer is not None:
            timer.cancel()
