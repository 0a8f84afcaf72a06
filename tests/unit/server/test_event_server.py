from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pymail.log.fatal import FatalError
from pymail.server import event_server
from pymail.server.invocation import Invocation
from pymail.server.session import Session
from pymail.server.status import State
from pymail.server.tally import Tally, new_page
from tests.support.processes import Child, Master, in_child, make_invocation
from tests.support.waiting import wait_for


class Echo(Session):
    def data_received(self, data: bytes) -> None:
        if data == b"raise":
            raise RuntimeError("a fault of one session")
        if data == b"fatal":
            raise FatalError("the end")
        self.transport.write(data)


class EchoDaemon:
    """Echoes; its attributes are set by the tests."""

    def before_jail(self, invocation: Invocation) -> None: ...

    async def after_jail(self, invocation: Invocation) -> None:
        await asyncio.sleep(0)

    def session(self) -> Session:
        return Echo()


class RefusingDaemon(EchoDaemon):
    def session(self) -> Session:
        raise RuntimeError("no session today")


class Worker:
    """A running event server, seen from its master."""

    def __init__(self, child: Child, master: Master) -> None:
        self.child = child
        self.master = master

    def client(self) -> socket.socket:
        """Return a client that is being served."""
        client = self.master.connect()
        client.sendall(b"hello")
        assert client.recv(5) == b"hello"
        return client


@contextmanager
def running(
    folder: Path, daemon: EchoDaemon | None = None, settings: dict[str, str] | None = None, **fields: Any
) -> Iterator[Worker]:
    master = Master(folder)
    invocation = make_invocation(folder, settings, listeners=(master.listener,), **fields)

    def live() -> None:
        event_server.run(replace(invocation, status=master.channel()), daemon or EchoDaemon())

    with in_child(live) as child:
        master.let_go()
        yield Worker(child, master)


def is_served(client: socket.socket) -> bool:
    client.sendall(b"x")
    client.settimeout(0.15)
    try:
        return client.recv(1) == b"x"
    except TimeoutError:
        return False


def test_many_sessions_are_served_at_once(tmp_path: Path) -> None:
    with running(tmp_path, share=0) as worker:
        clients = [worker.client() for _ in range(5)]
        for client in clients:
            client.sendall(b"again")
        assert [client.recv(5) for client in clients] == [b"again"] * 5


def test_the_first_served_client_tells_the_master_that_the_start_was_good(tmp_path: Path) -> None:
    with running(tmp_path, share=0) as worker:
        worker.client().close()
        assert worker.master.states(2) == [State.TAKEN, State.AVAILABLE]


def test_no_more_clients_than_the_share_are_taken(tmp_path: Path) -> None:
    with running(tmp_path, share=2) as worker:
        first, second = worker.client(), worker.client()
        assert worker.master.states(1) == [State.FULL]
        third = worker.master.connect()
        assert not is_served(third)
        first.close()
        third.settimeout(10)
        assert third.recv(1) == b"x"
        assert worker.master.states(1) == [State.AVAILABLE]
        second.close()


def test_a_busy_worker_with_a_large_share_asks_for_a_colleague_and_goes_on(tmp_path: Path) -> None:
    with running(tmp_path, share=100) as worker:
        clients = [worker.client() for _ in range(event_server.BUSY + 3)]
        assert worker.master.states(1) == [State.TAKEN]
        for client in clients[: event_server.BUSY]:
            client.close()
        assert worker.master.states(1) == [State.AVAILABLE]


def test_it_retires_after_max_use_clients_per_place(tmp_path: Path) -> None:
    with running(tmp_path, share=2, max_use=2) as worker:
        for _ in range(3):
            worker.client().close()
        last = worker.client()
        states = worker.master.states(3)
        assert states[-1] == State.RETIRING
        assert is_served(last)
        last.close()
        assert worker.child.wait() == 0


def test_it_retires_when_it_was_idle_for_long(tmp_path: Path) -> None:
    with running(tmp_path, max_idle=1) as worker:
        assert worker.child.wait() == 0
        assert worker.master.states(1) == [State.RETIRING]


def test_a_daemon_may_stay_for_ever(tmp_path: Path) -> None:
    daemon = EchoDaemon()
    daemon.stay_forever = True  # type: ignore[attr-defined]  # read if it is there
    with running(tmp_path, daemon, share=1, max_use=1, max_idle=1) as worker:
        for _ in range(3):
            worker.client().close()
        assert not worker.child.has_ended()


def test_when_the_master_is_gone_sessions_end_in_peace_and_the_listener_is_free(tmp_path: Path) -> None:
    with running(tmp_path, share=0) as worker:
        client = worker.client()
        worker.master.read.close()
        worker.master.listener.close()

        def refused() -> bool:
            try:
                worker.master.connect().close()
            except ConnectionRefusedError:
                return True
            return False

        wait_for("the end of the listener", refused)
        assert is_served(client)
        client.close()
        assert worker.child.wait() == 0


def test_a_fault_ends_one_session_only(tmp_path: Path) -> None:
    with running(tmp_path, share=0) as worker:
        other, faulty = worker.client(), worker.client()
        faulty.sendall(b"raise")
        assert faulty.recv(1) == b""
        assert is_served(other)


def test_a_fatal_error_ends_the_process(tmp_path: Path) -> None:
    with running(tmp_path, share=0) as worker:
        worker.client().sendall(b"fatal")
        assert worker.child.wait() == 70  # raised out of run; the entry logs it


def test_a_client_for_whom_there_is_no_session_is_disconnected(tmp_path: Path) -> None:
    with running(tmp_path, RefusingDaemon(), share=0) as worker:
        for _ in range(2):
            with worker.master.connect() as client, pytest.raises(OSError):
                if client.recv(1) == b"":  # reset or end, whichever the kernel says
                    raise ConnectionResetError


def test_places_of_retiring_processes_stay_taken(tmp_path: Path) -> None:
    page = new_page()
    predecessor = Tally(page, 1, 1)
    predecessor.write(1)
    with running(tmp_path, share=2, tally=Tally(page, 0, 1)) as worker:
        first = worker.client()
        second = worker.master.connect()
        assert not is_served(second)
        predecessor.write(0)
        second.settimeout(10)
        assert second.recv(1) == b"x"
        first.close()


def test_a_session_costs_one_descriptor(tmp_path: Path) -> None:
    with running(tmp_path, share=0) as worker:
        clients = [worker.client()]
        before = len(os.listdir(f"/proc/{worker.child.pid}/fd"))
        clients += [worker.client() for _ in range(4)]
        assert len(os.listdir(f"/proc/{worker.child.pid}/fd")) == before + 4
        for client in clients:
            client.close()


def test_the_share_never_exceeds_what_descriptors_allow(tmp_path: Path) -> None:
    assert event_server._descriptor_share(3) == 3
    assert event_server._descriptor_share(10**9) < 10**6
    assert event_server._descriptor_share(0) > 100
