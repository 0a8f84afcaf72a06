"""The services of master.cf as the master runs them: names, argument vectors, limits, listeners' addresses.

Values only: nothing is opened here. Spec: master, fields and argument vector.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pymail.config.master_cf import DEFAULT_LIMIT, ServiceEntry
from pymail.daemons.master.params import MasterParams
from pymail.log.fatal import FatalError
from pymail.net.host_port import HostPortError, split_listener
from pymail.server import kinds

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Service:
    """One entry, understood."""

    entry: ServiceEntry
    name: str  # canonical: "25", "[127.0.0.1]:25", "private/bounce"
    program: str  # "smtpd"
    path: str  # of the program, as the log shows it
    ours: bool
    maxproc: int  # 0: no limit
    workers: int  # processes at the same time, 0: no limit
    arguments: tuple[str, ...]
    stress_capable: bool
    socket_count: int
    verbose: bool = False

    @property
    def key(self) -> Key:
        """What identifies the service at a reload."""
        return self.name, self.entry.type

    @property
    def multi_session(self) -> bool:
        """Whether one process serves several clients."""
        return self.ours and kinds.is_multi_session(self.program)

    @property
    def overlaps(self) -> bool:
        """Whether a retiring process may live beside its successor."""
        return kinds.may_overlap(self.program) if self.ours else True

    def argv(self, stress: str | None = "") -> list[str]:
        """Return the argument vector without the program's name; *stress* None leaves that option out."""
        entry = self.entry
        argv = []
        if self.maxproc == 1:
            argv.append("-l")
        if self.maxproc == 0:
            argv.append("-z")
        if self.program != entry.name:
            argv += ["-n", entry.name]
        argv += ["-t", entry.type]
        if self.verbose:
            argv.append("-v")
        if entry.unprivileged:
            argv.append("-u")
        if entry.chroot:
            argv.append("-c")
        if self.stress_capable and stress is not None:
            argv += ["-o", f"stress={stress}"]
        if self.socket_count > 1:
            argv += ["-s", str(self.socket_count)]
        return [*argv, *self.arguments]

    def title(self) -> str:
        """Return what `ps` shows."""
        return " ".join([self.program, *self.argv(None)])


#: Addresses of an inet service: host, port -> addresses with port numbers.
Addresses = Callable[[str, str], Sequence[tuple[str, int]]]


def canonical_name(entry: ServiceEntry, addresses: Sequence[tuple[str, int]]) -> str:
    """Return the name by which a service is known: `25`, `[127.0.0.1]:25`, `private/bounce`. Raises FatalError."""
    if entry.type != "inet":
        return f"{'private' if entry.private else 'public'}/{entry.name}"
    host, port = split_host(entry)
    number = addresses[0][1] if addresses else port
    return f"[{addresses[0][0] if addresses else host}]:{number}" if host else str(number)


def split_host(entry: ServiceEntry) -> tuple[str, str]:
    """Return host and port of an inet service. Raises FatalError."""
    try:
        return split_listener(entry.name)
    except HostPortError as error:
        raise FatalError(f'{entry.path}: line {entry.line}: {error} in "{entry.name}"') from error


def build(
    entry: ServiceEntry, params: MasterParams, addresses: Addresses, cpus: int
) -> tuple[Service, list[tuple[str, int]]]:
    """Understand one entry; return it with its inet addresses. Raises FatalError, ListenError."""
    bound = list(addresses(*split_host(entry))) if entry.type == "inet" else []
    maxproc = params.default_process_limit if entry.maxproc == DEFAULT_LIMIT else entry.maxproc
    program = os.path.basename(entry.command)
    ours = not os.path.isabs(entry.command) and program in kinds.OURS
    public = entry.type == "pass" or (entry.type == "inet" and not all(_is_loopback(host) for host, _port in bound))
    service = Service(
        entry=entry,
        name=canonical_name(entry, bound),
        program=program,
        path=os.path.join(params.daemon_directory, entry.command),
        ours=ours,
        maxproc=maxproc,
        workers=kinds.worker_limit(program, maxproc, params.service_worker_limit or cpus) if ours else maxproc,
        arguments=tuple(entry.args),
        stress_capable=public and maxproc != 1,
        socket_count=len(bound) if entry.type == "inet" else 1,
    )
    return service, bound


def _is_loopback(address: str) -> bool:
    return address == "::1" or address.startswith("127.")


def is_disabled(entry: ServiceEntry, patterns: str) -> bool:
    """Whether master_service_disable names the entry: `name/type`, `type`, `!pattern`; the first match decides."""
    for pattern in re.split(r"[\s,]+", patterns.strip()):
        if not pattern:
            continue
        plain = pattern.removeprefix("!")
        name, slash, kind = plain.rpartition("/")
        if kind == entry.type and (not slash or name == entry.name):
            return not pattern.startswith("!")
    return False


def last_of_each(services: Iterable[Service]) -> tuple[list[Service], list[Service]]:
    """Return the services, the last entry of each key, and those that it replaces."""
    kept: dict[Key, Service] = {}
    replaced = []
    for service in services:
        if service.key in kept:
            replaced.append(service)
        kept[service.key] = service
    return list(kept.values()), replaced
