"""Blocking connections to internal services, for commands and for daemons that do one thing at a time."""

from __future__ import annotations

import socket
import time
from typing import Final

from pymail.ipc.errors import ServiceError
from pymail.proto import attr

#: Seconds between two tries of a request when the service is away (Postfix: 1 s).
RETRY_DELAY: Final = 1.0


class BlockingChannel:
    """One client connection to an internal service; every operation has the deadline *timeout* (seconds)."""

    __slots__ = ("_reader", "_socket", "path")

    def __init__(self, path: str, timeout: float, reader: attr.ListReader | attr.PlainReader | None = None) -> None:
        self.path = path
        self._reader = reader if reader is not None else attr.ListReader()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        try:
            self._socket.connect(path)
        except OSError as error:
            self._socket.close()
            raise ServiceError(f"connect to {path}: {error.strerror or error}") from error

    def send(self, data: bytes) -> None:
        """Send octets; raises ServiceError."""
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise ServiceError(f"{self.path}: {error.strerror or error}") from error

    def receive(self) -> list[bytes]:
        """Return the next attribute list; raises ServiceError on loss, nonsense or timeout."""
        while True:
            try:
                fields = self._reader.next_list()
                if fields is not None:
                    return fields
                data = self._socket.recv(16384)
            except (attr.AttrError, OSError) as error:
                raise ServiceError(f"{self.path}: {error}") from error
            if not data:
                raise ServiceError(f"{self.path}: connection lost")
            self._reader.feed(data)

    def receive_announcement(self, protocol: str, *extra: str) -> list[str]:
        """Read what the server sends first; returns the values of *extra*."""
        try:
            return attr.check_announcement(self.receive(), protocol, *extra)
        except attr.AttrError as error:
            raise ServiceError(f"{self.path}: {error}") from error

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def __enter__(self) -> BlockingChannel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class BlockingClient:
    """A persistent connection to one service, opened again when the server went away."""

    __slots__ = ("_channel", "_path", "_protocol", "_timeout", "_tries")

    def __init__(self, path: str, protocol: str, timeout: float, tries: int = 10) -> None:
        self._path = path
        self._protocol = protocol
        self._timeout = timeout
        self._tries = tries
        self._channel: BlockingChannel | None = None

    def request(self, data: bytes) -> list[bytes]:
        """Send one request, return its reply; retries when the service is away, then raises ServiceError."""
        attempt = 0
        while True:
            reused = self._channel is not None
            try:
                channel = self._channel or self._connect()
                self._channel = channel
                channel.send(data)
                return channel.receive()
            except ServiceError:
                self.close()
                if reused:
                    continue
                attempt += 1
                if attempt >= self._tries:
                    raise
            time.sleep(RETRY_DELAY)

    def _connect(self) -> BlockingChannel:
        channel = BlockingChannel(self._path, self._timeout)
        channel.receive_announcement(self._protocol)
        return channel

    def close(self) -> None:
        """Hang up."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
