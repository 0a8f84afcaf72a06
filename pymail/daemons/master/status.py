"""Read what the processes report, 12 octets at a time."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass

from pymail.server.status import MESSAGE


@dataclass(frozen=True, slots=True)
class Report:
    """One message."""

    pid: int
    generation: int
    state: int


def read_reports(channel: socket.socket) -> tuple[list[Report], int]:
    """Return all messages that are waiting, and the size of a cut one at their end (0: none)."""
    data = bytearray()
    while True:
        try:
            chunk = channel.recv(MESSAGE.size * 512)
        except OSError:
            break
        if not chunk:
            break
        data += chunk
    return list(_split(bytes(data))), len(data) % MESSAGE.size


def _split(data: bytes) -> Iterator[Report]:
    for start in range(0, len(data) - MESSAGE.size + 1, MESSAGE.size):
        yield Report(*MESSAGE.unpack_from(data, start))
