"""An SMTP or LMTP server for client tests, in the test's own event loop: answers from a small table.

    async with SmtpPeer(answers={"RCPT TO:<bad@d.test>": "550 5.1.1 no such user"}) as peer:
        ...                                  # connect to 127.0.0.1, peer.port
        assert peer.messages[0].content == b"..."

The longest key of `answers` that begins a command wins (letter case as given); an answer "" closes the connection, None
is silence from there on, a list gives its members in turn (the last one for ever), "default" is the usual answer. Keys
beside commands: "CONNECT", "." (end of data).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType

Answer = str | None | list[str | None]

EHLO = ("PIPELINING", "SIZE 10240000", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN", "SMTPUTF8")


@dataclass
class Received:
    """One message."""

    mail: str
    rcpt: list[str]
    content: bytes = b""  # un-stuffed
    session: int = 0


@dataclass
class SmtpPeer:
    """The server. `commands` holds each command line, `chunks` each piece of input as it was received."""

    answers: Mapping[str, Answer] = field(default_factory=dict)
    extensions: tuple[str, ...] = EHLO
    lmtp: bool = False
    host: str = "127.0.0.1"
    path: str = ""
    name: str = "peer.test"
    port: int = 0
    sessions: int = 0
    commands: list[str] = field(default_factory=list)
    chunks: list[bytes] = field(default_factory=list)
    messages: list[Received] = field(default_factory=list)
    connections: set[asyncio.Transport] = field(default_factory=set)
    _used: dict[str, int] = field(default_factory=dict)
    _server: asyncio.AbstractServer | None = None

    async def __aenter__(self) -> SmtpPeer:
        loop = asyncio.get_running_loop()
        if self.path:
            self._server = await loop.create_unix_server(lambda: _Connection(self), self.path)
        else:
            self._server = await loop.create_server(lambda: _Connection(self), self.host, self.port)
            self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.hang_up()
        await self._server.wait_closed()

    def hang_up(self) -> None:
        """Close all connections."""
        for transport in list(self.connections):
            transport.abort()

    def answer(self, command: str, default: str | None) -> str | None:
        """Return what to say to *command*."""
        keys = [key for key in self.answers if command.startswith(key)]
        if not keys:
            return default
        key = max(keys, key=len)
        answer = self.answers[key]
        if isinstance(answer, list):
            used = self._used.get(key, 0)
            self._used[key] = used + 1
            answer = answer[min(used, len(answer) - 1)]
        return default if answer == "default" else answer


class _Connection(asyncio.Protocol):
    def __init__(self, peer: SmtpPeer) -> None:
        self.peer = peer
        self.buffer = b""
        self.in_data = False
        self.current = Received("", [])
        self.transport: asyncio.Transport
        self.closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # uvloop's transports do not inherit asyncio's
        self.peer.connections.add(self.transport)
        self.peer.sessions += 1
        self.number = self.peer.sessions
        self.say(self.peer.answer("CONNECT", f"220 {self.peer.name} ESMTP"))

    def connection_lost(self, exc: Exception | None) -> None:
        self.peer.connections.discard(self.transport)

    def say(self, answer: str | None) -> None:
        if answer is None:
            self.closed = True  # silent from here on
            return
        if answer == "":
            self.closed = True
            self.transport.close()
            return
        self.transport.write("".join(line + "\r\n" for line in answer.split("\n")).encode())
        if answer.startswith("421"):
            self.closed = True
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        self.peer.chunks.append(data)
        self.buffer += data
        while not self.closed:
            if self.in_data:
                stuffed = b"\r\n" + self.buffer
                end = stuffed.find(b"\r\n.\r\n")
                if end < 0:
                    return
                self.buffer = stuffed[end + 5 :]
                self.current.content = stuffed[2 : end + 2].replace(b"\r\n.", b"\r\n")
                if self.current.content.startswith(b"."):
                    self.current.content = self.current.content[1:]
                self.end_of_data()
                continue
            line, newline, rest = self.buffer.partition(b"\r\n")
            if not newline:
                return
            self.buffer = rest
            self.command(line.decode())

    def end_of_data(self) -> None:
        self.in_data = False
        self.current.session = self.number
        self.peer.messages.append(self.current)
        count = len(self.current.rcpt) if self.peer.lmtp else 1
        for _ in range(count):
            self.say(self.peer.answer(".", f"250 2.0.0 Ok: queued as PEER{len(self.peer.messages)}"))
        self.current = Received("", [])

    def command(self, line: str) -> None:
        self.peer.commands.append(line)
        verb = line.split(" ")[0].upper()
        default = {"RSET": "250 2.0.0 Ok", "NOOP": "250 2.0.0 Ok", "QUIT": "221 2.0.0 Bye"}.get(verb, "502 5.5.2 what?")
        if verb in ("EHLO", "LHLO"):
            lines = [self.peer.name, *self.peer.extensions]
            default = "\n".join(
                f"250{'-' if place < len(lines) - 1 else ' '}{text}" for place, text in enumerate(lines)
            )
        elif verb == "HELO":
            default = f"250 {self.peer.name}"
        elif verb == "MAIL":
            default = "250 2.1.0 Ok"
        elif verb == "RCPT":
            default = "250 2.1.5 Ok"
        elif verb == "DATA":
            default = "354 go on" if self.current.rcpt else "554 5.5.1 no valid recipients"
        answer = self.peer.answer(line, default)
        if answer is not None and answer[:1] == "2":
            if verb == "MAIL":
                self.current = Received(line[5:], [])
            elif verb == "RCPT":
                self.current.rcpt.append(line[5:])
            elif verb in ("RSET", "EHLO"):
                self.current = Received("", [])
        if answer is not None and answer[:3] == "354":
            self.in_data = True
        self.say(answer)
        if verb == "QUIT":
            self.closed = True
            self.transport.close()
