"""An SMTP server for tests: it takes mail, remembers it, and answers as it is told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Received:
    """One message that the sink took."""

    sender: str
    recipients: list[str]
    content: bytes


@dataclass
class Sink:
    """What it took so far, and its answers: a reply by recipient address or by verb (`DATA`, `.`)."""

    port: int
    replies: dict[str, bytes] = field(default_factory=dict)
    messages: list[Received] = field(default_factory=list)
    connections: int = 0

    def reply(self, key: str, default: bytes) -> bytes:
        return self.replies.get(key, default)


@contextmanager
def smtp_sink() -> Iterator[Sink]:
    """Run a sink on a loopback port until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=200)
    sink = Sink(listener.getsockname()[1])
    thread = threading.Thread(target=_accept, args=(listener, sink), daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def _accept(listener: socket.socket, sink: Sink) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        sink.connections += 1
        threading.Thread(target=_serve, args=(client, sink), daemon=True).start()


def _serve(client: socket.socket, sink: Sink) -> None:
    client.settimeout(60)
    with client, client.makefile("rb") as lines:
        try:
            _talk(client, lines, sink)
        except OSError:
            pass


def _talk(client: socket.socket, lines: object, sink: Sink) -> None:
    read = lines.readline  # type: ignore[attr-defined]  # a buffered reader
    client.sendall(b"220 sink.test ESMTP\r\n")
    sender, recipients = "", []
    while line := read():
        verb = line.strip().upper()
        if verb.startswith((b"EHLO", b"HELO")):
            client.sendall(b"250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n")
        elif verb.startswith(b"MAIL FROM:"):
            sender, recipients = _address(line), []
            client.sendall(sink.reply("MAIL", b"250 2.1.0 Ok\r\n"))
        elif verb.startswith(b"RCPT TO:"):
            address = _address(line)
            answer = sink.reply(address, b"250 2.1.5 Ok\r\n")
            if answer.startswith(b"2"):
                recipients.append(address)
            client.sendall(answer)
        elif verb == b"DATA":
            if not recipients:
                client.sendall(b"554 5.5.1 no valid recipients\r\n")
                continue
            client.sendall(b"354 go\r\n")
            content = []
            while (text := read()) not in (b".\r\n", b""):
                content.append(text)
            answer = sink.reply(".", b"250 2.0.0 Ok: queued as SINK%d\r\n" % (len(sink.messages) + 1))
            if text and answer.startswith(b"2"):
                sink.messages.append(Received(sender, recipients, b"".join(content)))
            client.sendall(answer)
        elif verb == b"QUIT":
            client.sendall(b"221 2.0.0 Bye\r\n")
            return
        else:
            client.sendall(b"250 2.0.0 Ok\r\n")


def _address(line: bytes) -> str:
    return line[line.index(b"<") + 1 : line.index(b">")].decode()
