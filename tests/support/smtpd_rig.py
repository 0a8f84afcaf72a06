"""An SMTP server session between fakes: transport, clock, cleanup, DNS. Addresses are resolved by the real resolver."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pymail.config.main_cf import MainCf
from pymail.daemons.smtpd.access.engine import Access
from pymail.daemons.smtpd.access.facts import Client, Facts
from pymail.daemons.smtpd.build import Builder, Outside
from pymail.daemons.smtpd.session import SmtpdSession
from pymail.daemons.smtpd.shared import Shared
from pymail.daemons.trivial_rewrite.params import TrivialRewriteParams
from pymail.daemons.trivial_rewrite.setup import build_engine
from pymail.dns.answer import Answer, NotFoundError
from pymail.dns.hosts import ClientName, NameStatus
from pymail.ipc.cleanup import CleanupResult
from pymail.ipc.errors import ServiceError
from pymail.ipc.rewrite import ResolveReply
from pymail.log.logger import Log
from pymail.proto import record
from pymail.tables.context import from_config

TRANSCRIPTS = Path(__file__).parent.parent / "transcripts" / "smtpd"
Result = TypeVar("Result")
ARRIVAL = 1795241029.376754


class LineSink:
    """Keeps the lines of the log, with the severity before the text as in a log file."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, tag: str, lines: list[tuple[str, str]]) -> None:
        assert tag == "postfix/smtpd"
        self.lines += [text if severity == "info" else f"{severity}: {text}" for severity, text in lines]


class FakeCleanup:
    """Keeps the records of one message."""

    def __init__(self, world: World, flags: int, queue_id: str) -> None:
        self.world = world
        self.flags = flags
        self.queue_id = queue_id
        self.octets = b""
        self.cancelled = False
        self.must_wait = False
        self.gone = False
        self.drained: asyncio.Future[None] | None = None
        #: The verdict, if it comes later.
        self.verdict: asyncio.Future[CleanupResult] | None = None

    def send(self, records: bytes) -> None:
        if self.gone:
            raise ServiceError("public/cleanup: connection lost")
        assert not self.cancelled
        self.octets += records

    async def drain(self) -> None:
        if self.drained is not None:
            await self.drained

    async def finish(self) -> CleanupResult:
        if self.verdict is not None:
            return await self.verdict
        return self.world.result

    def cancel(self) -> None:
        self.cancelled = True

    @property
    def records(self) -> list[tuple[str, str]]:
        """The records as type letter and text."""
        return [(chr(kind), data.decode()) for _, kind, data in record.parse(self.octets)]

    @property
    def text(self) -> list[str]:
        """The lines of content."""
        return [data for kind, data in self.records if kind in "NL"]


class FakeClock:
    """The part of a loop that a session uses: time passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._timers: list[tuple[float, Callable[..., None], tuple[object, ...], FakeTimer]] = []
        self.errors: list[dict[str, object]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[..., None], *args: object) -> FakeTimer:
        timer = FakeTimer()
        self._timers.append((when, callback, args, timer))
        return timer

    def call_later(self, delay: float, callback: Callable[..., None], *args: object) -> FakeTimer:
        return self.call_at(self.now + delay, callback, *args)

    def call_exception_handler(self, context: dict[str, object]) -> None:
        self.errors.append(context)

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and call what is due, in its order."""
        end = self.now + seconds
        while due := [entry for entry in self._timers if entry[0] <= end and not entry[3].cancelled]:
            entry = min(due, key=lambda one: one[0])
            self._timers.remove(entry)
            self.now = max(self.now, entry[0])
            entry[1](*entry[2])
        self.now = end


class FakeTimer:
    """A TimerHandle."""

    def __init__(self) -> None:
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class FakeTransport(asyncio.Transport):
    """A client's connection."""

    def __init__(self, peer: object = ("127.0.0.1", 33235), here: object = ("127.0.0.1", 21000)) -> None:
        super().__init__({"peername": peer, "sockname": here})
        self.written = b""
        self.closed = False
        self.aborted = False
        self.paused = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.closed
        self.written += bytes(data)

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = self.aborted = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


class FakeDns:
    """Knows the records that a test puts in; a value may be an error to be raised."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], Answer | Exception] = {}

    async def query(self, name: str, rdtype: str = "A") -> Answer:
        answer = self.answers.get((name, rdtype), NotFoundError(name, rdtype))
        if isinstance(answer, Exception):
            raise answer
        return answer


class RealResolver:
    """trivial-rewrite's own answers, without its socket."""

    def __init__(self, conf: MainCf, log: Log) -> None:
        params = TrivialRewriteParams(conf)
        self._engine = build_engine(params, from_config(conf, log, in_loop=True), frozenset({"127.0.0.1"}))
        self.failure: ServiceError | None = None

    def cached(self, sender: str, address: str) -> ResolveReply | None:
        return None

    async def resolve(self, sender: str, address: str) -> ResolveReply:
        if self.failure is not None:
            raise self.failure
        return await self._engine.resolver.resolve(sender, address)


@dataclass
class World:
    """One smtpd process, with what a test looks at."""

    conf: MainCf
    sink: LineSink = field(default_factory=LineSink)
    clock: FakeClock = field(default_factory=FakeClock)
    dns: FakeDns = field(default_factory=FakeDns)
    messages: list[FakeCleanup] = field(default_factory=list)
    result: CleanupResult = CleanupResult(0, "")
    client_name: ClientName = ClientName("localhost", NameStatus.OK, "localhost", NameStatus.OK)
    cleanup_failure: ServiceError | None = None
    ended: int = 0

    def __post_init__(self) -> None:
        self.log = Log("postfix/smtpd", self.sink)
        self.resolver = RealResolver(self.conf, self.log)

    @classmethod
    def of(cls, settings: Mapping[str, str] | None = None) -> World:
        """A process with the configuration of the transcripts, and *settings*."""
        return cls(MainCf.load(str(TRANSCRIPTS), dict(settings or {})))

    async def open_cleanup(self, flags: int) -> FakeCleanup:
        if self.cleanup_failure is not None:
            raise self.cleanup_failure
        message = FakeCleanup(self, flags, f"{len(self.messages) + 1:0>11X}")
        self.messages.append(message)
        return message

    async def name_of(self, address: str) -> ClientName:
        return self.client_name

    def shared(self, *, standalone: bool = False) -> Shared:
        outside = Outside(self.resolver, self.dns, self.name_of, self.open_cleanup, lambda: ARRIVAL)
        builder = Builder(self.conf, None, from_config(self.conf, self.log, in_loop=True), self.log)
        shared = builder.build(outside, lambda: False, standalone=standalone)
        shared.free_space = lambda: 10**12
        return shared

    def session_ended(self) -> None:
        self.ended += 1

    def connect(self, transport: FakeTransport | None = None, shared: Shared | None = None) -> Talk:
        """A client connects."""
        return Talk(self, transport or FakeTransport(), shared or self.shared())

    @property
    def lines(self) -> list[str]:
        """The log, with queue IDs made alike."""
        self.log.flush()
        return [re.sub(r"\b0[0-9A-F]{10}\b(?=:)", "QUEUEID", line) for line in self.sink.lines]


class Talk:
    """One client."""

    def __init__(self, world: World, transport: FakeTransport, shared: Shared) -> None:
        self.world = world
        self.transport = transport
        self.session = SmtpdSession(shared, world.clock)  # type: ignore[arg-type]  # the part of a loop that it uses
        self.session.keeper = world
        self._seen = 0
        self._lost = False
        self.session.connection_made(transport)

    def read(self) -> list[str]:
        """The lines that were written since the last time."""
        new = self.transport.written[self._seen :].decode("utf-8", "surrogateescape")
        self._seen = len(self.transport.written)
        lines = [re.sub(r"queued as [0-9A-F]+", "queued as QUEUEID", line) for line in new.split("\r\n")[:-1]]
        if self.transport.closed and not self._lost:
            self.lose()
        return lines

    def say(self, *lines: str | bytes) -> list[str]:
        """Send lines, in one write; return the answer."""
        data = b"".join(
            line if isinstance(line, bytes) else line.encode("utf-8", "surrogateescape") + b"\r\n" for line in lines
        )
        return self.send(data)

    def send(self, data: bytes) -> list[str]:
        """Send octets; return the answer."""
        self.session.data_received(data)
        return self.read()

    def lose(self) -> None:
        """The connection is gone."""
        self._lost = True
        self.session.connection_lost(None)


@dataclass(frozen=True)
class Step:
    """What a client sends in one write, and the lines that answer it."""

    sent: bytes
    answer: list[str]
    closes: bool


@dataclass(frozen=True)
class Transcript:
    """A dialogue with a server, as it was held with Postfix.

    `!` a parameter; `C:` a line in a write of its own, `C+` a line in the write before, `C=` octets with escapes;
    `S:` a line of the server, `S.` it has closed the connection; `L:` a line of its log.
    """

    settings: dict[str, str]
    greeting: Step
    steps: list[Step]
    log: list[str]


def read_transcript(path: Path) -> Transcript:
    """Read a file."""
    settings: dict[str, str] = {}
    steps = [Step(b"", [], False)]
    log: list[str] = []
    for line in path.read_text("utf-8", "surrogateescape").split("\n"):
        mark, text = line[:2], line[3:]
        octets = text.encode("utf-8", "surrogateescape")
        last = steps[-1]
        if line.startswith("!"):
            name, _, value = line[1:].partition("=")
            settings[name.strip()] = value.strip()
        elif mark == "C:":
            steps.append(Step(octets + b"\r\n", [], False))
        elif mark == "C+":
            steps[-1] = Step(last.sent + octets + b"\r\n", [], False)
        elif mark == "C=":
            steps.append(Step(octets.replace(b"\\r", b"\r").replace(b"\\n", b"\n"), [], False))
        elif mark == "S:":
            last.answer.append(text)
        elif mark == "S.":
            steps[-1] = Step(last.sent, last.answer, True)
        elif mark == "L:":
            log.append(text)
        else:
            assert not line, f"{path.name}: {line}"
    return Transcript(settings, steps[0], steps[1:], log)


def settled(coroutine: Coroutine[object, object, Result]) -> Result:
    """Run a coroutine that does not wait."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: Result = stop.value
        return result
    raise AssertionError("it waits")


@dataclass
class Judge:
    """The access engine of a process, and the facts of one session."""

    world: World
    facts: Facts
    access: Access

    @classmethod
    def of(cls, settings: Mapping[str, str] | None = None, *, client: Client | None = None) -> Judge:
        """An engine with *settings*; the client is in mynetworks."""
        world = World.of(settings)
        access = world.shared().access
        assert access is not None
        facts = Facts(client or Client("localhost", "127.0.0.1"), "ESMTP", "client.test", "a@sender.test")
        facts.where = "RCPT"
        return cls(world, facts, access)

    def rcpt(self, recipient: str = "user@local.test") -> str:
        """Return the answer to a recipient: empty when it is accepted."""
        self.facts.recipient = recipient
        reply = settled(self.access.at_rcpt(self.facts))
        return reply.text if reply is not None else ""
