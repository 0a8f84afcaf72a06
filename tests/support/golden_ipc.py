"""Octets captured on the internal sockets of a running Postfix 3.12, the pieces that tests use."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parents[1] / "golden" / "ipc.jsonl"


@dataclass(frozen=True)
class Exchange:
    """One request and what was answered: octets that each side sent, in their order."""

    service: str
    case: str
    steps: tuple[tuple[str, bytes], ...]

    def sent_by(self, side: str) -> bytes:
        return b"".join(octets for who, octets in self.steps if who == side)


def exchanges(service: str) -> list[Exchange]:
    """Return the exchanges of *service* whose octets are kept whole."""
    found = []
    for line in FILE.read_text().splitlines():
        record = json.loads(line)
        if record["service"] == service:
            steps = tuple((step["from"], bytes.fromhex(step["hex"])) for step in record["steps"])
            found.append(Exchange(service, record["case"], steps))
    return found
