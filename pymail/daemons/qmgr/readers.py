"""Which of many short-lived sockets can be read: one epoll instance of our own, which the event loop watches.

A socket to a delivery agent lives for one delivery. For each, the loop's own `add_reader` makes a handle and costs
seven system calls (libuv first tries whether the descriptor can be polled, and takes it out again before and at its
close); here it is one, and one look for all that are ready at the same time.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable


class Readers:
    """Calls back when a socket can be read, or was hung up. Make it in a running loop."""

    __slots__ = ("_callbacks", "_epoll")

    def __init__(self) -> None:
        self._callbacks: dict[int, Callable[[], None]] = {}
        self._epoll = select.epoll()
        asyncio.get_running_loop().add_reader(self._epoll.fileno(), self._on_ready)

    def add(self, descriptor: int, callback: Callable[[], None]) -> None:
        """Call *callback* whenever the socket can be read; it must bear to be called for nothing."""
        self._epoll.register(descriptor, select.EPOLLIN)
        self._callbacks[descriptor] = callback

    def forget(self, descriptor: int) -> None:
        """The socket is about to be closed, which takes it out of the kernel's list."""
        self._callbacks.pop(descriptor, None)

    def _on_ready(self) -> None:
        callbacks = self._callbacks
        for descriptor, _ in self._epoll.poll(0):
            # One before it may have closed this one, or made another of the same number.
            callback = callbacks.get(descriptor)
            if callback is not None:
                callback()
