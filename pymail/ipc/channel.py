"""Connections to internal services on the event loop: attribute lists out and in, pools of persistent connections.

A `Channel` is one connection. A `Pool` keeps the idle ones of a persistent service, one request at a time on each,
closes them after `ipc_idle` or `ipc_ttl`, and asks again on a new one when the server went away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from pymail.ipc.errors import ServiceError
from pymail.proto import attr

#: A full backlog answers EAGAIN at once: how often we try again, and the first wait in seconds (it doubles).
CONNECT_TRIES: Final = 10
CONNECT_WAIT: Final = 0.005
#: Seconds between two tries of a request when the service is away (Postfix: 1 s).
RETRY_DELAY: Final = 1.0


class Channel(asyncio.Protocol):
    """One client connection to an internal service."""

    __slots__ = ("_closed", "_drained", "_loop", "_reader", "_timer", "_waiter", "on_idle_loss", "path", "transport")

    def __init__(self, path: str, reader: attr.ListReader | attr.PlainReader | None = None) -> None:
        self.path = path
        self.transport: asyncio.Transport
        self._reader = reader if reader is not None else attr.ListReader()
        self._waiter: asyncio.Future[list[bytes]] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._drained: asyncio.Future[None] | None = None
        self._closed = False
        self.on_idle_loss: Callable[[], None] | None = None
        self._loop = asyncio.get_running_loop()

    @classmethod
    async def open(cls, path: str, reader: attr.ListReader | attr.PlainReader | None = None) -> Channel:
        """Connect to the UNIX socket *path*; raises ServiceError."""
        channel = cls(path, reader)
        wait = CONNECT_WAIT
        for attempt in range(CONNECT_TRIES):
            try:
                await channel._loop.create_unix_connection(lambda: channel, path)
            except BlockingIOError as error:
                if attempt == CONNECT_TRIES - 1:
                    raise ServiceError(f"connect to {path}: {error.strerror}") from error
                await asyncio.sleep(wait)
                wait *= 2
            except OSError as error:
                raise ServiceError(f"connect to {path}: {error.strerror or error}") from error
            else:
                break
        return channel

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the transport."""
        self.transport = transport  # type: ignore[assignment]  # uvloop's transports do not inherit asyncio's

    def data_received(self, data: bytes) -> None:
        """Collect octets; wake the reader when a list is whole."""
        self._reader.feed(data)
        if self._waiter is not None:
            self._deliver()

    def _deliver(self) -> None:
        waiter = self._waiter
        if waiter is None or waiter.done():
            return
        try:
            fields = self._reader.next_list()
        except attr.AttrError as error:
            self._fail(ServiceError(f"{self.path}: {error}"))
            return
        if fields is not None:
            self._settle()
            waiter.set_result(fields)

    def _settle(self) -> None:
        self._waiter = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fail(self, error: ServiceError) -> None:
        waiter = self._waiter
        self._settle()
        if waiter is not None and not waiter.done():
            waiter.set_exception(error)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what waits."""
        self._closed = True
        self._fail(ServiceError(f"{self.path}: connection lost"))
        if self._drained is not None and not self._drained.done():
            self._drained.set_exception(ServiceError(f"{self.path}: connection lost"))
        if self.on_idle_loss is not None:
            self.on_idle_loss()

    def pause_writing(self) -> None:
        """The peer reads slower than we write."""
        self._drained = self._loop.create_future()

    def resume_writing(self) -> None:
        """The peer caught up."""
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None

    @property
    def is_closed(self) -> bool:
        """True when the connection is gone."""
        return self._closed

    @property
    def must_wait(self) -> bool:
        """True while the peer reads slower than we write: await `drain` before sending more."""
        return self._drained is not None

    async def drain(self) -> None:
        """Wait until the peer caught up; raises ServiceError when it goes away instead."""
        if self._drained is not None:
            await asyncio.shield(self._drained)

    def send(self, data: bytes) -> None:
        """Queue octets; raises ServiceError when the connection is gone."""
        if self._closed:
            raise ServiceError(f"{self.path}: connection lost")
        self.transport.write(data)

    async def receive(self, timeout: float) -> list[bytes]:
        """Return the next attribute list; raises ServiceError on loss, nonsense, or after *timeout* seconds."""
        try:
            fields = self._reader.next_list()
        except attr.AttrError as error:
            raise ServiceError(f"{self.path}: {error}") from error
        if fields is not None:
            return fields
        if self._closed:
            raise ServiceError(f"{self.path}: connection lost")
        self._waiter = self._loop.create_future()
        self._timer = self._loop.call_later(timeout, self._fail, ServiceError(f"{self.path}: timeout"))
        return await self._waiter

    def close(self) -> None:
        """Hang up."""
        if not self._closed:
            self.transport.close()


class Pool:
    """Connections to one persistent service; each carries one request at a time."""

    __slots__ = ("_idle", "_idle_time", "_path", "_protocol", "_timeout", "_tries", "_ttl")

    def __init__(
        self, path: str, protocol: str, timeout: float, *, idle: float = 5.0, ttl: float = 1000.0, tries: int = 10
    ) -> None:
        self._path = path
        self._protocol = protocol
        self._timeout = timeout
        self._idle_time = idle
        self._ttl = ttl
        self._tries = tries
        self._idle: list[tuple[Channel, float, asyncio.TimerHandle]] = []

    async def request(self, data: bytes) -> list[bytes]:
        """Send one request, return its reply; retries when the service is away, then raises ServiceError."""
        attempt = 0
        while True:
            reused = bool(self._idle)
            try:
                return await self._request_once(data)
            except ServiceError:
                if reused:
                    continue
                attempt += 1
                if attempt >= self._tries:
                    raise
            await asyncio.sleep(RETRY_DELAY)

    async def _request_once(self, data: bytes) -> list[bytes]:
        channel, born = await self._take()
        try:
            channel.send(data)
            reply = await channel.receive(self._timeout)
        except BaseException:
            channel.close()
            raise
        self._put_back(channel, born)
        return reply

    async def _take(self) -> tuple[Channel, float]:
        while self._idle:
            channel, born, timer = self._idle.pop()
            timer.cancel()
            channel.on_idle_loss = None
            if not channel.is_closed:
                return channel, born
        channel = await Channel.open(self._path)
        try:
            attr.check_announcement(await channel.receive(self._timeout), self._protocol)
        except attr.AttrError as error:
            channel.close()
            raise ServiceError(f"{self._path}: {error}") from error
        return channel, asyncio.get_running_loop().time()

    def _put_back(self, channel: Channel, born: float) -> None:
        loop = asyncio.get_running_loop()
        if channel.is_closed or loop.time() - born > self._ttl:
            channel.close()
            return
        entry = (channel, born, loop.call_later(self._idle_time, self._expire, channel))
        channel.on_idle_loss = lambda: self._drop(channel)
        self._idle.append(entry)

    def _drop(self, channel: Channel) -> None:
        self._idle = [entry for entry in self._idle if entry[0] is not channel]

    def _expire(self, channel: Channel) -> None:
        self._drop(channel)
        channel.on_idle_loss = None
        channel.close()

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            channel, _, timer = self._idle.pop()
            timer.cancel()
            channel.on_idle_loss = None
            channel.close()
