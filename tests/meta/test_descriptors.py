"""The open descriptors of each daemon: its own, and nothing that the master or another daemon has.

Our master forks without exec, so that close-on-exec keeps nothing from its children. An inherited lock on master.pid
would say "running" after the master's death, an inherited listener would keep its port.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.children import Daemon, daemons
from tests.support.instance import Instance
from tests.support.sink import smtp_sink
from tests.support.whole_system import SERVICES, exercise, running_system, settings

NAMES = {
    "smtpd",
    "pickup",
    "cleanup",
    "qmgr",
    "trivial-rewrite",
    "bounce",
    "smtp",
    "showq",
    "error",
    "discard",
    "local",
    "proxymap",
}
#: Flow control (2), and what a loop wakes itself with (a pair of pipes or sockets).
PIPES = 6
#: All of an idle daemon's. Connections to other daemons that it keeps are among them.
MOST = 40


@pytest.fixture(name="system", scope="module")
def system_fixture() -> Iterator[Instance]:
    with smtp_sink() as sink, running_system(settings(sink.port), SERVICES) as instance:
        exercise(instance, sink)
        yield instance


@pytest.fixture(name="processes", scope="module")
def processes_fixture(system: Instance) -> list[Daemon]:
    found = daemons(system)
    assert {daemon.name for daemon in found} >= NAMES
    return found


def unix_listeners() -> dict[str, str]:
    """Return path by `socket:[inode]`, of the sockets that have a name and are listened on (or get datagrams)."""
    found = {}
    for line in Path("/proc/net/unix").read_text().splitlines()[1:]:
        fields = line.split(None, 7)
        if len(fields) == 8 and (int(fields[3], 16) & 0x10000 or fields[4] == "0002"):
            found[f"socket:[{fields[6]}]"] = fields[7]
    return found


def tcp_listeners() -> dict[str, int]:
    """Return port by `socket:[inode]`."""
    found = {}
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A":
            found[f"socket:[{fields[9]}]"] = int(fields[1].partition(":")[2], 16)
    return found


def test_standard_streams_lead_nowhere(processes: list[Daemon]) -> None:
    for daemon in processes:
        links = daemon.descriptors()
        assert [links[fd] for fd in (0, 1, 2)] == ["/dev/null"] * 3, daemon


def test_a_listener_is_the_service_s_own(system: Instance, processes: list[Daemon]) -> None:
    unix, tcp = unix_listeners(), tcp_listeners()
    for daemon in processes:
        links = set(daemon.descriptors().values())
        names = [unix[link] for link in links if link in unix]
        ports = [tcp[link] for link in links if link in tcp]
        if daemon.name == "smtpd":
            assert (names, ports) == ([], [system.port]), daemon
        else:
            assert ([Path(name).name for name in names], ports) == ([daemon.service], []), daemon


def sockets(daemon: Daemon) -> set[str]:
    return {link for link in daemon.descriptors().values() if link.startswith("socket:")}


def test_nothing_of_the_master_s_is_there(system: Instance, processes: list[Daemon]) -> None:
    of_master = sockets(Daemon(system.master_pid or 0, "master", ""))
    for daemon in processes:
        links = set(daemon.descriptors().values())
        assert not [link for link in links if "master.pid" in link or "master.lock" in link], daemon
        # What the master has made for this service: a listener, and the end of the status channel that reports.
        assert (daemon, len(sockets(daemon) & of_master)) == (daemon, 2)


def test_services_share_no_socket(processes: list[Daemon]) -> None:
    for daemon, other in itertools.combinations(processes, 2):
        if daemon.service != other.service:
            assert (daemon, other, sockets(daemon) & sockets(other)) == (daemon, other, set())


def test_files_are_the_log_and_what_the_daemon_works_with(system: Instance, processes: list[Daemon]) -> None:
    for daemon in processes:
        files = [
            link
            for link in daemon.descriptors().values()
            if link.startswith("/") and link not in ("/dev/null", "/dev/urandom", str(system.log_file))
        ]
        locks = [f"{system.queue}/pid/unix.{daemon.service}"]
        assert not [name for name in files if name not in locks], (daemon, files)


def test_there_are_few(processes: list[Daemon]) -> None:
    for daemon in processes:
        links = daemon.descriptors()
        assert len(links) <= MOST, (daemon, links)
        assert sum(link.startswith("pipe:") for link in links.values()) <= PIPES, (daemon, links)


def test_the_end_of_the_master_is_the_end_of_all(system: Instance, processes: list[Daemon]) -> None:
    """Run last: nothing keeps the port, the lock or a process."""
    system.stop()
    alive = [daemon for daemon in processes if os.path.exists(f"/proc/{daemon.pid}/exe")]
    assert not alive
    assert system.port not in tcp_listeners().values()
    system.start()
