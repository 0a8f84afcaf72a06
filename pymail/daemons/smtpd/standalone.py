"""One session on two descriptors (`sendmail -bs`): the caller's rights, and postdrop instead of cleanup.

A pair of threads copies between the descriptors, which may be pipes, files or sockets, and a socket that the session
can be attached to like a client's.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Sequence
from typing import Final

from pymail.daemons.smtpd.message import OpenCleanup
from pymail.daemons.smtpd.session import SmtpdSession
from pymail.daemons.smtpd.shared import Shared
from pymail.dns.hosts import ClientName, NameStatus
from pymail.ipc.cleanup import CleanupResult, decode_result
from pymail.ipc.errors import ServiceError
from pymail.log.logger import Log
from pymail.proto import attr

PROTOCOL: Final = "postdrop_protocol"
LOCAL_CLIENT: Final = ClientName("localhost", NameStatus.OK, "localhost", NameStatus.OK)
_CHUNK: Final = 64 * 1024


class PostdropClient:
    """A message on its way to postdrop; satisfies `message.Cleanup`."""

    def __init__(self, process: asyncio.subprocess.Process, reader: attr.ListReader) -> None:
        assert process.stdin is not None and process.stdout is not None
        self._process = process
        self._stdin = process.stdin
        self._stdout = process.stdout
        self._reader = reader
        self.queue_id = ""

    @classmethod
    async def open(cls, command: Sequence[str]) -> PostdropClient:
        """Start postdrop, and learn the queue ID. Raises ServiceError."""
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
        except OSError as error:
            raise ServiceError(f"unable to execute {command[0]}: {error.strerror}") from error
        client = cls(process, attr.ListReader())
        try:
            client.queue_id = attr.check_announcement(await client._receive(), PROTOCOL, "queue_id")[0]
        except attr.AttrError as error:
            raise ServiceError(f"{command[0]}: {error}") from error
        return client

    async def _receive(self) -> list[bytes]:
        while (fields := self._reader.next_list()) is None:
            data = await self._stdout.read(_CHUNK)
            if not data:
                raise ServiceError("postdrop ended early")
            self._reader.feed(data)
        return fields

    def send(self, records: bytes) -> None:
        """Send encoded records."""
        self._stdin.write(records)

    @property
    def must_wait(self) -> bool:
        """Always: the pipe is small, and there is nobody else to serve."""
        return True

    async def drain(self) -> None:
        """Wait until postdrop has read. Raises ServiceError."""
        try:
            await self._stdin.drain()
        except OSError as error:
            raise ServiceError(f"postdrop: {error}") from error

    async def finish(self) -> CleanupResult:
        """Wait for the verdict. Raises ServiceError."""
        await self.drain()
        try:
            result = decode_result(await self._receive())
        except attr.AttrError as error:
            raise ServiceError(f"postdrop: {error}") from error
        self._stdin.close()
        await self._process.wait()
        return result

    def cancel(self) -> None:
        """Close the pipe before the end: postdrop removes the file."""
        self._stdin.close()


def open_postdrop(command: Sequence[str]) -> OpenCleanup:
    """Return the opener of messages; *command* is postdrop's argument vector."""

    async def opener(_flags: int) -> PostdropClient:
        return await PostdropClient.open(command)

    return opener


class _Keeper:
    """Waits for the end of the session."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    def session_ended(self) -> None:
        """The session has lost its connection."""
        self.ended.set()


def serve(shared: Shared, log: Log, stdin_fd: int, stdout_fd: int) -> None:
    """Hold the session; returns at its end."""
    ours, theirs = socket.socketpair()
    threading.Thread(target=_copy_in, args=(stdin_fd, theirs), daemon=True).start()
    writer = threading.Thread(target=_copy_out, args=(theirs, stdout_fd))
    writer.start()
    try:
        asyncio.run(_hold(shared, ours))
    finally:
        writer.join()
        log.flush()


async def _hold(shared: Shared, connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    keeper = _Keeper()

    def make() -> SmtpdSession:
        session = SmtpdSession(shared, loop)
        session.keeper = keeper
        return session

    await loop.connect_accepted_socket(make, connection)
    await keeper.ended.wait()


def _copy_in(source: int, target: socket.socket) -> None:
    try:
        while data := os.read(source, _CHUNK):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        # The session is over.
        return


def _copy_out(source: socket.socket, target: int) -> None:
    try:
        while data := source.recv(_CHUNK):
            view = memoryview(data)
            while view:
                view = view[os.write(target, view) :]
    except OSError:
        # Nobody reads: neither does the session go on.
        source.close()
