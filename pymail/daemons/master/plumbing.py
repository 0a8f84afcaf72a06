"""Make what a service's processes are connected with: listeners, status channel, shared page."""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import socket
import time
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from pymail.daemons.master.params import MasterParams
from pymail.daemons.master.service_table import Service
from pymail.log.fatal import FatalError
from pymail.net import listeners
from pymail.net.families import parse_protocols
from pymail.net.own_addresses import BadInterfacesError, OwnAddresses, own_addresses
from pymail.server import tally
from pymail.unix.jail import EffectiveUser
from pymail.unix.users import User

Made = TypeVar("Made")

#: How long a killed master's processes may take to notice it and to let go of a port.
_PORT_PATIENCE: Final = 3.0
_PORT_PAUSE: Final = 0.05


class Network:
    """Where services without a host listen; read once, since sockets stay as they are."""

    def __init__(self, params: MasterParams) -> None:
        try:
            self.families = parse_protocols(params.inet_protocols)
            self.own: OwnAddresses | None = None
            self._params = params
        except ValueError as error:
            raise FatalError(str(error)) from error

    def addresses(self, host: str, port: str) -> Sequence[tuple[str, int]]:
        """Return the addresses of an inet service. Raises FatalError."""
        if not self.families:
            return []
        if self.own is None:
            try:
                self.own = own_addresses(self._params.inet_interfaces, "", self.families)
            except (BadInterfacesError, OSError) as error:
                raise FatalError(str(error)) from error
        try:
            return listeners.inet_addresses(host, port, self.own, self.families)
        except listeners.ListenError as error:
            raise FatalError(error.strerror or str(error)) from error


class Ends:
    """The open things of one service."""

    def __init__(self) -> None:
        self.listeners: list[socket.socket] = []
        self.fifo = -1
        self.page: mmap.mmap = tally.new_page()
        self.status_read, self.status_write = _status_pair()

    def renew_status(self) -> None:
        """Replace the status channel: the processes that have the old one see its end."""
        self.status_read.close()
        self.status_write.close()
        self.status_read, self.status_write = _status_pair()

    def descriptors(self) -> list[int]:
        """Return the descriptors to poll for clients."""
        return [self.fifo] if self.fifo >= 0 else [listener.fileno() for listener in self.listeners]

    def close(self) -> None:
        """Close all of it."""
        for listener in self.listeners:
            listener.close()
        self.listeners = []
        if self.fifo >= 0:
            os.close(self.fifo)
            self.fifo = -1
        self.status_read.close()
        self.status_write.close()


def _status_pair() -> tuple[socket.socket, socket.socket]:
    read, write = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    read.setblocking(False)
    write.setblocking(False)
    return read, write


def open_service(service: Service, bound: Sequence[tuple[str, int]], default_limit: int, owner: User | None) -> Ends:
    """Make the listeners of a service (the current directory is queue_directory). Raises FatalError."""
    backlog = max(service.maxproc, default_limit)
    ends = Ends()
    try:
        if service.entry.type == "inet":
            for host, port in bound:
                ends.listeners.append(_patiently(lambda h=host, p=port: listeners.listen_inet(h, p, backlog)))  # type: ignore[misc]  # default arguments bind the loop's values
            return ends
        with EffectiveUser(owner):
            if service.entry.type == "fifo":
                ends.fifo = listeners.open_fifo(service.name)
            elif service.entry.type == "unix-dgram":
                ends.listeners.append(listeners.listen_unix(service.name, backlog, socket.SOCK_DGRAM))
            else:
                ends.listeners.append(listeners.listen_unix(service.name, backlog))
    except OSError as error:
        ends.close()
        raise FatalError(error.strerror or str(error)) from error
    return ends


def _patiently(make: Callable[[], Made]) -> Made:
    deadline = time.monotonic() + _PORT_PATIENCE
    while True:
        try:
            return make()
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() >= deadline:
                raise
        time.sleep(_PORT_PAUSE)


def remove_socket(service: Service) -> None:
    """Remove the name of a service that is no more."""
    if service.entry.type != "inet":
        with contextlib.suppress(OSError):
            os.unlink(service.name)
