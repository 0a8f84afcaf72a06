"""A master whose services run tiny daemons: `python tiny_master.py [master's options]`, for the system tests.

The daemons stand in the place of ours, under names that master.cf may use. Their protocol is one line in, one line out.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
import types

from pymail.daemons.master import service
from pymail.log.fatal import FatalError
from pymail.server import event_server, single_server, trigger
from pymail.server.invocation import Invocation
from pymail.server.session import Session


class EchoSession(Session):
    """Answers each line with this process's number and what it knows; `hang` keeps the connection and says nothing."""

    __slots__ = ("_invocation",)

    def __init__(self, invocation: Invocation) -> None:
        super().__init__()
        self._invocation = invocation

    def data_received(self, data: bytes) -> None:
        word = data.strip().decode()
        invocation = self._invocation
        if word == "crash":
            os._exit(3)
        if word == "raise":
            raise RuntimeError("a fault of one session")
        if word == "stuck":
            time.sleep(3600)
        if word == "stress":
            self.transport.write(f"{invocation.stress.active}\n".encode())
        elif word == "fds":
            names = sorted(os.listdir("/proc/self/fd"), key=int)
            links = [os.readlink(f"/proc/self/fd/{name}") for name in names if os.path.lexists(f"/proc/self/fd/{name}")]
            self.transport.write((" ".join(link.split(":")[0] for link in links) + "\n").encode())
        elif word == "who":
            answer = f"{os.getpid()} {os.getuid()} {invocation.service} {invocation.share} {os.getcwd()}\n"
            self.transport.write(answer.encode())
        elif word != "hang":
            self.transport.write(f"{os.getpid()}\n".encode())


class EchoDaemon:
    """Event-driven."""

    def before_jail(self, invocation: Invocation) -> None:
        if invocation.conf.value("test_fatal") == invocation.service:
            raise FatalError("as the test wants it")

    async def after_jail(self, invocation: Invocation) -> None:
        self.invocation = invocation
        await asyncio.sleep(0)
        invocation.log.info("ready")

    def session(self) -> Session:
        return EchoSession(self.invocation)


class LineDaemon:
    """Blocking, one client at a time."""

    def before_jail(self, invocation: Invocation) -> None:
        pass

    def after_jail(self, invocation: Invocation) -> None:
        pass

    def serve(self, client: socket.socket) -> None:
        while client.recv(100):
            client.sendall(f"{os.getpid()}\n".encode())


class CountDaemon:
    """Writes what triggers it to a file."""

    def before_jail(self, invocation: Invocation) -> None:
        pass

    def after_jail(self, invocation: Invocation) -> None:
        pass

    def on_trigger(self, requests: bytes) -> None:
        with open("triggered", "ab") as file:
            file.write(requests)


def place(name: str, main: object) -> None:
    """Make `pymail.daemons.NAME.service`."""
    module = types.ModuleType(f"pymail.daemons.{name}.service")
    module.main = main  # type: ignore[attr-defined]  # a module made here
    sys.modules[module.__name__] = module


if __name__ == "__main__":
    place("smtpd", lambda invocation: event_server.run(invocation, EchoDaemon()))
    place("local", lambda invocation: single_server.run(invocation, LineDaemon()))
    place("pickup", lambda invocation: trigger.run_trigger(invocation, CountDaemon()))
    service.main()
