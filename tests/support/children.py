"""The daemons of a running instance, as /proc shows them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tests.support.instance import Instance


@dataclass(frozen=True, slots=True)
class Daemon:
    """One child of a master: the program's name, and the service (`-n`) that it serves."""

    pid: int
    name: str
    service: str

    def descriptors(self) -> dict[int, str]:
        """Return its open descriptors, and what each leads to."""
        found = {}
        for path in Path(f"/proc/{self.pid}/fd").iterdir():
            try:
                found[int(path.name)] = os.readlink(path)
            except FileNotFoundError:
                continue
        return found

    def root(self) -> str:
        """Return its root directory."""
        return os.readlink(f"/proc/{self.pid}/root")

    def user(self) -> int:
        """Return its effective user id."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("\nUid:")[2].split()[1])


def parent_of(pid: int) -> int:
    """Return the parent of *pid*; 0 when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    state, parent = stat.rpartition(")")[2].split()[:2]
    return 0 if state in "ZX" else int(parent)


def daemons(instance: Instance, name: str = "") -> list[Daemon]:
    """Return the daemons of *instance* that live now; with *name* those of this name only."""
    master = instance.master_pid
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or parent_of(int(entry)) != master:
            continue
        try:
            words = Path(f"/proc/{entry}/cmdline").read_bytes().replace(b"\0", b" ").decode().split()
        except OSError:
            continue
        if not words:
            continue
        program = Path(words[0]).name
        service = words[words.index("-n") + 1] if "-n" in words else program
        if name in ("", program):
            found.append(Daemon(int(entry), program, service))
    return found
