"""Receive connections that another daemon has accepted: services of type `pass` (postscreen hands clients to smtpd).

The sender connects, sends one octet with the descriptor, then an attribute list (client_address, client_port,
server_address, server_port), and waits until the receiver hangs up (spec: ipc, file-descriptor passing).
"""

from __future__ import annotations

import array
import asyncio
import os
import socket
from collections.abc import Callable
from typing import Final

from pymail.log.logger import Log
from pymail.proto.attr import AttrError, ListReader
from pymail.server.session import Session

#: How long a sender may take to send both parts.
PASS_TIMEOUT: Final = 100
_ACCEPT_BATCH: Final = 8
_READ_SIZE: Final = 4096


class PassAcceptor:
    """One listener of type `pass`; the same interface as `Acceptor`."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, listener: socket.socket, factory: Callable[[], Session], log: Log
    ) -> None:
        self._loop = loop
        self._listener = listener
        self._factory = factory
        self._log = log
        self._polling = False

    def start(self) -> None:
        """Poll the listener."""
        if not self._polling:
            self._polling = True
            self._loop.add_reader(self._listener.fileno(), self._accept)

    def stop(self) -> None:
        """Leave the listener to the others."""
        if self._polling:
            self._polling = False
            self._loop.remove_reader(self._listener.fileno())

    def is_alive(self) -> bool:
        """Whether it polls."""
        return self._polling

    def close(self) -> None:
        """Give the listener up for good."""
        self.stop()
        self._listener.close()

    def _accept(self) -> None:
        for _ in range(_ACCEPT_BATCH):
            if not self._polling:
                return
            try:
                sender, _address = self._listener.accept()
            except OSError:
                return
            sender.setblocking(False)
            _Handover(self._loop, sender, self._begin, self._log)

    def _begin(self, client: socket.socket, attributes: list[bytes]) -> None:
        session = self._factory()
        session.handed_over(attributes)
        # The loop keeps only weak references to tasks: the callback holds this one.
        task = self._loop.create_task(self._loop.connect_accepted_socket(lambda: session, client))
        task.add_done_callback(lambda done: self._begun(done, session))

    def _begun(self, task: asyncio.Task[tuple[asyncio.Transport, Session]], session: Session) -> None:
        if task.cancelled() or task.exception() is not None:
            session.connection_lost(None)


class _Handover:
    """One sender, from its connect to the complete attribute list."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        sender: socket.socket,
        begin: Callable[[socket.socket, list[bytes]], None],
        log: Log,
    ) -> None:
        self._loop = loop
        self._sender = sender
        self._begin = begin
        self._log = log
        self._client: socket.socket | None = None
        self._reader = ListReader()
        self._timer = loop.call_later(PASS_TIMEOUT, self._fail, "timeout")
        loop.add_reader(sender.fileno(), self._on_readable)

    def _on_readable(self) -> None:
        try:
            if self._client is None:
                self._client = receive_descriptor(self._sender)
                return
            data = self._sender.recv(_READ_SIZE)
            if not data:
                self._fail("the sender hung up")
                return
            self._reader.feed(data)
            attributes = self._reader.next_list()
        except BlockingIOError:
            return
        except (OSError, AttrError) as error:
            self._fail(str(error))
            return
        if attributes is not None:
            client, self._client = self._client, None
            self._close()
            client.setblocking(False)
            self._begin(client, attributes)

    def _fail(self, reason: str) -> None:
        self._log.warning("receive connection attributes: %s", reason)
        if self._client is not None:
            self._client.close()
        self._close()

    def _close(self) -> None:
        self._timer.cancel()
        self._loop.remove_reader(self._sender.fileno())
        self._sender.close()


def receive_descriptor(sender: socket.socket) -> socket.socket:
    """Receive one octet with one descriptor, a socket. Raises OSError."""
    data, ancillary, _flags, _address = sender.recvmsg(1, socket.CMSG_SPACE(array.array("i").itemsize * 4))
    received = array.array("i")
    for level, kind, octets in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            received.frombytes(octets[: len(octets) - len(octets) % received.itemsize])
    for extra in received[1:]:
        os.close(extra)
    if not data or not received:
        raise ConnectionError("no descriptor received")
    os.set_inheritable(received[0], False)
    return socket.socket(fileno=received[0])


def send_descriptor(receiver: socket.socket, fd: int) -> None:
    """Send one octet with *fd*. Raises OSError."""
    receiver.sendmsg([b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))])
