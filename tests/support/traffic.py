"""Load for fault tests: messages that can be recognised wherever they end, and clients that never give up.

A client that has no 250 sends again, so each message is delivered once or more. `intact` finds the messages in
whatever text they have come to: a sink, a mailbox, the report that returns them.
"""

from __future__ import annotations

import hashlib
import random
import re
import smtplib
import subprocess
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.support.instance import Instance
from tests.support.sink import Sink

#: How long a client waits before it tries again, and the time in which all must be sent.
_PAUSE = 0.02
_PATIENCE = 60.0
_BEGIN = re.compile(rb"^begin (\w+)\n", re.MULTILINE)
_END = re.compile(rb"^end (\w+) (\w+)$", re.MULTILINE)


def body(token: str, size: int = 0) -> bytes:
    """Return the content of message *token*; *size* octets and more."""
    rows = [hashlib.sha256(f"{token} {number}".encode()).hexdigest() for number in range(3 + size // 65)]
    # A dot at the start of a line, and a line that is a dot: both have to come through.
    text = "\n".join([*rows, f".{token}", ".", ""]).encode()
    name, digest = token.encode(), hashlib.sha256(text).hexdigest().encode()
    return b"begin %s\n%send %s %s\n" % (name, text, name, digest)


def message(token: str, size: int = 0) -> bytes:
    """Return message *token* with a header, in lines that end with LF."""
    return b"From: alice@sender.test\nSubject: %s\n\n" % token.encode() + body(token, size)


def intact(text: bytes, *, stuffed: bool = False) -> set[str]:
    """Return the tokens of the whole messages in *text*."""
    text = text.replace(b"\r\n", b"\n")
    if stuffed:
        text = text.replace(b"\n.", b"\n")
    found = set()
    starts = list(_BEGIN.finditer(text))
    # A message that was cut off ends where the next one begins.
    limits = [*(start.start() for start in starts), len(text)][1:]
    for start, limit in zip(starts, limits, strict=False):
        end = _END.search(text, start.end(), limit)
        if end is None or end[1] != start[1]:
            continue
        if hashlib.sha256(text[start.end() : end.start()]).hexdigest().encode() == end[2]:
            found.add(start[1].decode())
    return found


class Traffic:
    """Clients in threads that send *tokens* through *send*, each until it is acknowledged.

    *send* returns when the message is acknowledged; it raises OSError or SMTPException to be called again.
    """

    def __init__(self, tokens: Iterable[str], send: Callable[[str], None], clients: int = 4) -> None:
        self.acknowledged: set[str] = set()
        self.refused: list[str] = []
        self.attempts = 0
        self.taken = 0
        self._tokens = iter(tokens)
        self._send = send
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]

    def __enter__(self) -> Traffic:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(20)

    def _run(self) -> None:
        while True:
            with self._lock:
                token = next(self._tokens, None)
                if token is None:
                    return
                self.taken += 1
            while not self._stop.is_set():
                try:
                    self.attempts += 1
                    self._send(token)
                except smtplib.SMTPResponseException as error:
                    if error.smtp_code >= 500:
                        self.refused.append(f"{token}: {error}")
                        break
                except (OSError, smtplib.SMTPException):
                    pass
                else:
                    self.acknowledged.add(token)
                    break
                self._stop.wait(_PAUSE)

    def finish(self) -> set[str]:
        """Wait until all is acknowledged; return it."""
        for thread in self._threads:
            thread.join(_PATIENCE)
        assert not self.refused, self.refused[:3]
        assert len(self.acknowledged) == self.taken, f"{len(self.acknowledged)} of {self.taken} are acknowledged"
        return self.acknowledged


def by_smtp(port: int, recipient: Callable[[str], str], sizes: Iterable[int] = (0,)) -> Callable[[str], None]:
    """Return a `send` for Traffic that talks to *port*, one connection per message."""
    choice = tuple(sizes)

    def send(token: str) -> None:
        content = message(token, random.Random(token).choice(choice)).replace(b"\n", b"\r\n")
        with smtplib.SMTP("127.0.0.1", port, "client.test", 15) as client:
            client.ehlo("client.test")
            for code, text in (client.mail("alice@sender.test"), client.rcpt(recipient(token))):
                if code != 250:
                    raise smtplib.SMTPResponseException(code, text)
            code, text = client.data(content)
            if code != 250:
                raise smtplib.SMTPResponseException(code, text)

    return send


def in_sink(sink: Sink, sender: str | None = None) -> set[str]:
    """Return the tokens of the whole messages that the sink has; *sender*: of those from there."""
    found = [entry for entry in list(sink.messages) if sender is None or entry.sender == sender]
    return set().union(*(intact(entry.content, stuffed=True) for entry in found))


def in_files(folder: Path) -> set[str]:
    """Return the tokens of the whole messages in the files of *folder*."""
    found: set[str] = set()
    for path in folder.rglob("*"):
        try:
            found |= intact(path.read_bytes()) if path.is_file() else set()
        except (FileNotFoundError, PermissionError):
            continue  # a file that was on its way, a lock
    return found


def by_sendmail(system: Instance, recipient: Callable[[str], str]) -> Callable[[str], None]:
    """Return a `send` for Traffic that runs sendmail."""

    def send(token: str) -> None:
        done = subprocess.run(
            system.command("sendmail", "-i", "-f", "alice@sender.test", recipient(token)),
            env=system.environment, input=message(token), capture_output=True, timeout=30, check=False,
        )  # fmt: skip
        if done.returncode:
            raise OSError(done.stderr)

    return send
