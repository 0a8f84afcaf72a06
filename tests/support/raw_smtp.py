"""An SMTP client that sends exactly the octets that it is given."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager


class RawClient:
    """One session. `command` and `content` return the reply: its code and its last line."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 20)
        self._socket.settimeout(20)
        self._lines = self._socket.makefile("rb")
        self.reply()

    def reply(self) -> tuple[int, str]:
        """Read one reply."""
        while True:
            line = self._lines.readline()
            if not line:
                raise ConnectionResetError("the server hung up")
            if line[3:4] != b"-":
                return int(line[:3]), line[4:].decode("utf-8", "replace").strip()

    def send(self, octets: bytes) -> None:
        """Send *octets* and wait for nothing."""
        self._socket.sendall(octets)

    def command(self, line: str) -> tuple[int, str]:
        """Send a command."""
        self.send(line.encode() + b"\r\n")
        return self.reply()

    def rest(self) -> bytes:
        """Return all that still comes, until the server hangs up or is silent for a second."""
        self._socket.settimeout(1)
        received = b""
        try:
            while data := self._socket.recv(65536):
                received += data
        except (TimeoutError, ConnectionResetError):
            pass
        return received

    def deliver(self, sender: str, recipients: list[str], octets: bytes, options: str = "") -> tuple[int, str]:
        """Send a message; *octets* go behind 354 as they are, with the end of the content if they have it."""
        for line in (f"MAIL FROM:<{sender}>{options}", *(f"RCPT TO:<{recipient}>" for recipient in recipients)):
            code, text = self.command(line)
            assert code == 250, (line, code, text)
        assert self.command("DATA")[0] == 354
        self.send(octets)
        return self.reply()

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self._socket.close()


@contextmanager
def raw_client(port: int) -> Iterator[RawClient]:
    """A session, until the block ends."""
    client = RawClient(port)
    try:
        client.command("EHLO client.test")
        yield client
    finally:
        client.close()


def stuffed(content: bytes) -> bytes:
    """Return *content*, in lines that end with CRLF, as it goes over the wire, with its end."""
    return (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"
