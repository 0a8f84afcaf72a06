"""One connection to an SMTP or LMTP server: the driver that joins the socket and the protocol machine.

    session = await open_session(peer, ConnectOptions(), ClientOptions(helo_name))
    event = await session.reply(300)             # the greeting
    session.machine.hello(); event = await session.reply(300)
    session.machine.transaction(...)             # commands go out at the next `reply` or `flush`

The session decides nothing. One timer serves all waits; while nobody waits, anything that arrives or breaks makes the
session unusable and calls `on_unusable` (the cache of idle connections listens there).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from pymail.client import reasons
from pymail.client.connect import ConnectOptions, connect
from pymail.client.peer import Peer
from pymail.mail.dsn import Dsn
from pymail.proto.smtp.client import ClientMachine, ClientOptions, Phase, Replied
from pymail.proto.smtp.reply import ReplyError

#: Octets of replies that may wait for us while we send: far more than a server has to say.
UNREAD_LIMIT: Final = 1 << 20
#: Write buffer over which `drain` waits.
WRITE_HIGH: Final = 256 * 1024


class TalkError(Exception):
    """The conversation ended badly; `dsn` tells how."""

    def __init__(self, dsn: Dsn) -> None:
        super().__init__(dsn.reason)
        self.dsn = dsn


class _DeadlineError(Exception):
    """The time for the peer's next octets is over."""


class SmtpSession(asyncio.Protocol):
    """A connected server. `use_count` is the number of transactions so far."""

    __slots__ = (
        "_deadline", "_lost", "_loop", "_paused", "_timer", "_timer_at", "_transport", "_unread", "_waiter", "born",
        "final_reset", "machine", "on_unusable", "peer", "use_count",
    )  # fmt: skip

    def __init__(self, peer: Peer, machine: ClientMachine, loop: asyncio.AbstractEventLoop) -> None:
        self.peer = peer
        self.machine = machine
        self.born = loop.time()
        self.use_count = 0
        self.final_reset = False
        self.on_unusable: Callable[[SmtpSession], None] | None = None
        self._loop = loop
        self._transport: asyncio.Transport
        self._waiter: asyncio.Future[None] | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._lost = False
        self._paused = False
        self._unread = 0

    # The loop's side.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport  # type: ignore[assignment]  # uvloop's transports do not inherit asyncio's
        self._transport.set_write_buffer_limits(high=WRITE_HIGH)

    def data_received(self, data: bytes) -> None:
        """Give octets to the machine and wake who waits."""
        self._unread += len(data)
        self.machine.receive(data)
        if self._waiter is not None:
            self._wake()
        elif self.on_unusable is not None:  # idle: "421 timeout", or nonsense
            self._unusable()
        if self._unread > UNREAD_LIMIT:
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake who waits, or tell the cache."""
        self._lost = True
        self._stop_timer()
        self._wake()
        if self.on_unusable is not None:
            self._unusable()

    def pause_writing(self) -> None:
        """The peer reads slower than we write."""
        self._paused = True

    def resume_writing(self) -> None:
        """The peer caught up."""
        self._paused = False
        self._wake()

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _unusable(self) -> None:
        callback, self.on_unusable = self.on_unusable, None
        if callback is not None:
            callback(self)

    # The caller's side.

    @property
    def is_lost(self) -> bool:
        """True when the connection is gone, or holds octets that nobody asked for."""
        return self._lost or self._transport.is_closing()

    @property
    def age(self) -> float:
        """Seconds since the connection came about."""
        return self._loop.time() - self.born

    async def reply(self, timeout: float) -> Replied:
        """Send what the machine has ready and return the next answered command; raises TalkError.

        *timeout*, in seconds, is the time that the peer may be silent.
        """
        machine = self.machine
        while True:
            try:
                event = machine.next_event()
            except ReplyError as error:
                raise TalkError(reasons.malformed(self.peer, str(error))) from error
            if machine.has_output:
                self.write(machine.take_output())
            if event is not None:
                return event
            self._unread = 0
            if self._lost:
                raise TalkError(reasons.lost(self.peer, self.activity))
            try:
                await self._wait(timeout)
            except _DeadlineError:
                raise TalkError(reasons.timed_out(self.peer, self.activity)) from None

    def flush(self) -> None:
        """Send what the machine has ready."""
        if self.machine.has_output:
            self.write(self.machine.take_output())

    def write(self, data: bytes) -> None:
        """Send octets; a lost connection shows at the next wait."""
        if not self._lost:
            self._transport.write(data)

    async def drain(self, timeout: float) -> None:
        """Wait until the peer has read enough; raises TalkError."""
        while self._paused and not self._lost:
            try:
                await self._wait(timeout)
            except _DeadlineError:
                raise TalkError(reasons.timed_out(self.peer, self.activity)) from None
        if self._lost:
            raise TalkError(reasons.lost(self.peer, self.activity))

    @property
    def activity(self) -> str:
        """What is going on, in the words of the log."""
        if self.machine.phase is Phase.CONTENT and self.machine.is_settled:
            return reasons.ACTIVITY_CONTENT
        expected = self.machine.expected
        if expected is None:
            return reasons.ACTIVITY_CONTENT
        activity = reasons.ACTIVITY.get(expected.verb, f"sending {expected.verb.value}")
        if self.final_reset and activity == "sending RSET probe":
            return reasons.ACTIVITY_FINAL_RSET
        return activity

    def close(self) -> None:
        """Send what is queued, then hang up."""
        self._stop_timer()
        self.on_unusable = None
        if not self._lost:
            self._transport.close()

    def abort(self) -> None:
        """Hang up at once."""
        self._stop_timer()
        self.on_unusable = None
        if not self._lost:
            self._transport.abort()

    # Waiting.

    async def _wait(self, timeout: float) -> None:
        """Wait for octets, for the write buffer, or for the end; raises _DeadlineError."""
        self._deadline = self._loop.time() + timeout
        if self._timer is None or self._deadline < self._timer_at:
            self._stop_timer()
            self._timer_at = self._deadline
            self._timer = self._loop.call_at(self._deadline, self._ring)
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _ring(self) -> None:
        """The timer went off: for the current wait, or for one that is over."""
        self._timer = None
        waiter = self._waiter
        if waiter is None or waiter.done():
            return
        if self._loop.time() >= self._deadline:
            waiter.set_exception(_DeadlineError())
        else:
            self._timer_at = self._deadline
            self._timer = self._loop.call_at(self._deadline, self._ring)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


async def open_session(peer: Peer, options: ConnectOptions, client: ClientOptions) -> SmtpSession:
    """Connect; the greeting is the first reply. Raises ConnectError."""
    session = SmtpSession(peer, ClientMachine(client), asyncio.get_running_loop())
    await connect(peer, options, lambda: session)
    return session
