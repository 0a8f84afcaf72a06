"""Ask one question: over UDP, over TCP when the reply is cut, at each server in turn until one gives a usable reply.

Callbacks, no task: a query that gets its datagram costs one socket, one send and one receive. Each try has its own
socket, and so its own random port beside the random query ID: a forged reply must guess both (RFC 5452).
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Callable
from typing import Final

from pymail.dns.message import Outcome, Question, StrayReplyError, TruncatedError, UnusableReplyError, read_reply
from pymail.dns.resolv_conf import ResolvConf, Server

DATAGRAM_LIMIT: Final = 65535  # octets
STRAY_LIMIT: Final = 100  # datagrams that are not ours, before we give the server up


class _TcpQuery(asyncio.Protocol):
    """One query and its reply over TCP, each behind its length. RFC 7766."""

    def __init__(self, query: bytes, received: Callable[[bytes | None], None]) -> None:
        self._query = query
        self._received: Callable[[bytes | None], None] | None = received
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop's transports do not inherit asyncio's
        assert self._transport is not None
        self._transport.write(len(self._query).to_bytes(2, "big") + self._query)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) >= 2 and len(self._buffer) >= 2 + int.from_bytes(self._buffer[:2], "big"):
            self._finish(self._buffer[2 : 2 + int.from_bytes(self._buffer[:2], "big")])

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish(None)

    def _finish(self, reply: bytes | None) -> None:
        received, self._received = self._received, None
        if self._transport is not None:
            self._transport.abort()
        if received is not None:
            received(reply)

    def drop(self) -> None:
        """End without a call back."""
        self._received = None
        if self._transport is not None:
            self._transport.abort()


class Exchange:
    """A question on its way; `done` is called once, with None when no server gave a usable reply."""

    __slots__ = (
        "_conf",
        "_connecting",
        "_done",
        "_edns",
        "_loop",
        "_question",
        "_query_id",
        "_socket",
        "_strays",
        "_tcp",
        "_timer",
        "_tries",
    )

    def __init__(
        self,
        question: Question,
        conf: ResolvConf,
        loop: asyncio.AbstractEventLoop,
        done: Callable[[Outcome | None], None],
    ) -> None:
        self._question = question
        self._conf = conf
        self._loop = loop
        self._done = done
        self._tries = 0
        self._edns = True
        self._strays = 0
        self._query_id = 0
        self._socket: socket.socket | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._tcp: _TcpQuery | None = None
        self._connecting: asyncio.Task[None] | None = None

    def start(self, first: int = 0) -> None:
        """Ask; *first* is the number of the server to begin with."""
        self._tries = 0
        count = len(self._conf.servers)
        self._conf = ResolvConf(
            tuple(self._conf.servers[(first + place) % count] for place in range(count)),
            timeout=self._conf.timeout,
            attempts=self._conf.attempts,
        )
        self._ask()

    def _server(self) -> Server:
        return self._conf.servers[self._tries % len(self._conf.servers)]

    def _query(self) -> bytes:
        self._query_id = secrets.randbits(16)
        return self._question.query(self._query_id, edns=self._edns)

    def _ask(self) -> None:
        """Send the query to the next server that can be reached; report when the tries are used up."""
        while self._tries < len(self._conf.servers) * self._conf.attempts:
            server = self._server()
            family = socket.AF_INET6 if ":" in server.address else socket.AF_INET
            self._strays = 0
            try:
                self._socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
                self._socket.connect((server.address, server.port))
                self._socket.send(self._query())
            except OSError:
                self._close()
                self._tries += 1
                continue
            self._loop.add_reader(self._socket.fileno(), self._readable)
            self._timer = self._loop.call_later(self._conf.timeout, self._next_server)
            return
        self._done(None)

    def _readable(self) -> None:
        assert self._socket is not None
        try:
            data = self._socket.recv(DATAGRAM_LIMIT)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:  # refused: nobody listens there
            self._next_server()
            return
        self._judge(data, over_tcp=False)

    def _judge(self, data: bytes, *, over_tcp: bool) -> None:
        """Take a reply, or go where it sends us."""
        try:
            outcome = read_reply(data, self._question, self._query_id, over_tcp=over_tcp)
        except StrayReplyError:
            self._strays += 1
            if over_tcp or self._strays > STRAY_LIMIT:
                self._next_server()
        except TruncatedError:
            self._close()
            self._ask_over_tcp()
        except UnusableReplyError as error:
            if error.without_edns and self._edns:
                self._edns = False
                self._close()
                self._ask()
            else:
                self._next_server()
        else:
            self._close()
            self._done(outcome)

    def _ask_over_tcp(self) -> None:
        server = self._server()
        self._tcp = tcp = _TcpQuery(self._query(), self._tcp_reply)
        self._timer = self._loop.call_later(self._conf.timeout, self._next_server)

        async def connect() -> None:
            try:
                await self._loop.create_connection(lambda: tcp, server.address, server.port)
            except OSError:
                self._tcp_reply(None)

        self._connecting = self._loop.create_task(connect())

    def _tcp_reply(self, data: bytes | None) -> None:
        self._tcp = None
        if data is None:
            self._next_server()
        else:
            self._judge(data, over_tcp=True)

    def _next_server(self) -> None:
        self._close()
        self._tries += 1
        self._edns = True
        self._ask()

    def _close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._socket is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None
        if self._tcp is not None:
            self._tcp.drop()
            self._tcp = None
        if self._connecting is not None and not self._connecting.done():
            self._connecting.cancel()
        self._connecting = None

    def cancel(self) -> None:
        """End without a call back."""
        self._close()
