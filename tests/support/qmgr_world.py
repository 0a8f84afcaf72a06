"""A queue manager in a directory of its own, with delivery agents, a resolver and bounce services that tests script."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pymail.daemons.qmgr.admission import ActiveQueue, Admission, AdmissionRules
from pymail.daemons.qmgr.dispatch import Dispatcher, DispatchRules
from pymail.daemons.qmgr.finish import Finisher, FinishRules
from pymail.daemons.qmgr.flow import TokenKeeper
from pymail.daemons.qmgr.limits import TransportLimits
from pymail.daemons.qmgr.message import Message
from pymail.daemons.qmgr.qmgr import Parts, Qmgr
from pymail.daemons.qmgr.resolve import Router, RoutingRules
from pymail.daemons.qmgr.surroundings import Surroundings
from pymail.daemons.qmgr.transport import TransportTable
from pymail.ipc.bounce import Report
from pymail.ipc.delivery import PROTOCOL, DeliveryRequest, FinalStatus, RequestReader
from pymail.ipc.rewrite import RESOLVE, ResolveReply
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from pymail.mail.dsn import Dsn
from pymail.mail.envelope import Recipient
from pymail.proto import attr, record
from pymail.proto.record import RecordType
from pymail.queue.directories import QueueLayout
from pymail.queue.mark import mark_done
from pymail.queue.reader import Envelope, Sizes

NOW = 1_800_000_000.0
QUEUES = ("incoming", "active", "deferred", "hold", "corrupt", "bounce", "defer", "trace")

#: What an agent does with a request: a status, or None to die.
Script = Callable[[DeliveryRequest], FinalStatus | None]

DELIVERED = FinalStatus(again=False)
AGAIN = FinalStatus(again=True)
REFUSED = FinalStatus(again=True, hop=Dsn("4.4.1", "connect to mx.test: Connection refused"))


def queue_file(
    recipients: list[str], *, sender: str = "a@sender.test", extra: bytes = b"", **envelope: object
) -> bytes:
    """Return a queue file as cleanup writes it. *envelope*: create_time, filter, redirect, notify, tail, mixed."""
    created = int(envelope.get("create_time", NOW))  # type: ignore[call-overload]  # a test's own word
    notify = int(envelope.get("notify", 0))  # type: ignore[call-overload]  # a test's own word
    head = record.encode(RecordType.ARRIVAL_TIME, b"%d 250000" % created)
    head += record.encode_attribute("create_time", created) + record.encode_attribute("rewrite_context", "local")
    head += record.encode_text(RecordType.SENDER, sender) + record.encode_attribute("log_client_name", "client.test")
    head += extra
    for address in recipients:
        head += record.encode_attribute("dsn_orig_rcpt", f"rfc822;{address}")
        head += record.encode_text(RecordType.RECIPIENT, address)
    head += record.encode(RecordType.MESSAGE)
    content = record.encode(RecordType.TEXT, b"Subject: x") + record.encode(RecordType.TEXT) * 2
    tail = record.encode(RecordType.EXTRACTED)
    if "filter" in envelope:
        tail += record.encode_text(RecordType.FILTER, str(envelope["filter"]))
    if "redirect" in envelope:
        tail += record.encode_text(RecordType.REDIRECT, str(envelope["redirect"]))
    tail += record.encode(RecordType.END)
    sizes = Sizes(len(content), 97 + len(head), len(recipients), notify << 1, len(content), 0)
    return record.encode(RecordType.MESSAGE_SIZE, sizes.encode()) + head + content + tail


def make_message(queue_id: str = "AAAA1111", rank: int = 1, **envelope: object) -> Message:
    """Return a message that has no file."""
    values: dict[str, object] = {"sender": "a@sender.test", "arrival_time": NOW, "create_time": int(NOW)}
    return Message(queue_id, rank, Envelope(**(values | envelope)), NOW)  # type: ignore[arg-type]  # a test's own words


class FakeResolver:
    """user@domain goes to smtp:domain; *answers* by address come first, *slow* addresses have to be asked for."""

    def __init__(self) -> None:
        self.answers: dict[str, ResolveReply] = {}
        self.slow: set[str] = set()
        self.asked: list[str] = []

    def cached(self, sender: str, address: str, kind: str = RESOLVE) -> ResolveReply | None:
        return None if address in self.slow else self._answer(address)

    async def resolve(self, sender: str, address: str, kind: str = RESOLVE) -> ResolveReply:
        self.asked.append(address)
        await asyncio.sleep(0)
        return self._answer(address)

    def _answer(self, address: str) -> ResolveReply:
        return self.answers.get(address) or ResolveReply("smtp", address.rpartition("@")[2], address, 4096)


class FakeAgents:
    """Delivery agents behind a socket pair each. *scripts* by transport; a transport in *missing* has no service."""

    def __init__(self, root: str = "") -> None:
        self.root = root
        self.scripts: dict[str, Script] = {}
        self.missing: set[str] = set()
        self.mute: set[str] = set()
        self.requests: list[tuple[str, DeliveryRequest]] = []
        self.running = 0
        self.most_running = 0
        self._held: list[Callable[[], None]] = []
        self.hold = False

    def connect(self, path: str) -> socket.socket:
        name = path.removeprefix("private/")
        if name in self.missing:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", path)
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        theirs.setblocking(False)
        if name in self.mute:
            theirs.close()
        else:
            theirs.send(attr.announcement(PROTOCOL))
            reader = RequestReader()
            loop = asyncio.get_running_loop()
            loop.add_reader(theirs.fileno(), lambda: self._serve(name, theirs, reader))
        return ours

    def _serve(self, name: str, client: socket.socket, reader: RequestReader) -> None:
        loop = asyncio.get_running_loop()
        data = client.recv(65536)
        request = reader.receive(data) if data else None
        if data and request is None:
            return
        loop.remove_reader(client.fileno())
        if request is None:
            client.close()
            return
        self.requests.append((name, request))
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        if self.hold:
            self._held.append(lambda: self._answer(name, client, request))
        else:
            self._answer(name, client, request)

    def release(self) -> None:
        """Let the held deliveries end."""
        held, self._held = self._held, []
        for answer in held:
            answer()

    def _answer(self, name: str, client: socket.socket, request: DeliveryRequest) -> None:
        self.running -= 1
        status = AGAIN if name == "retry" else DELIVERED
        if name in self.scripts:
            found = self.scripts[name](request)
            if found is None:
                client.close()
                return
            status = found
        if not status.again and self.root:
            for recipient in request.recipients:
                mark_done(f"{self.root}active/{request.queue_id}", recipient.offset)
        client.send(status.encode())
        client.close()


class FakeBounce:
    """The bounce services: remembers what it was asked; services in *failing* say no."""

    def __init__(self) -> None:
        self.failing: set[str] = set()
        self.asked: list[tuple[str, Report]] = []

    async def ask(self, service: str, request: Report) -> bool:
        self.asked.append((service, request))
        await asyncio.sleep(0)
        return service not in self.failing


class FakeReports:
    """Who reports without an agent."""

    def __init__(self) -> None:
        self.discards: list[str] = []
        self.deferrals: list[tuple[str, str]] = []

    async def discarded(self, message: Message, recipient: Recipient) -> bool:
        self.discards.append(recipient.address)
        return True

    async def deferred(self, message: Message, recipient: Recipient, reason: Dsn) -> None:
        self.deferrals.append((recipient.address, f"{reason.status} {reason.reason}"))
        await asyncio.sleep(0)


class FakePipe:
    """The flow-control pipe."""

    def __init__(self, tokens: int = 0) -> None:
        self.tokens = tokens

    def put(self, count: int = 1) -> None:
        self.tokens += count

    def drain(self, count: int) -> None:
        self.tokens -= count

    def count(self) -> int:
        return self.tokens


@dataclass
class World:
    """Everything, in *path*. Make it in a running loop; change limits and rules before `build`."""

    path: Path
    limits: dict[str, TransportLimits] = field(default_factory=dict)
    dispatch_rules: DispatchRules = DispatchRules(60, 300, 18000)
    routing_rules: RoutingRules = RoutingRules()
    admission_rules: AdmissionRules = AdmissionRules()
    finish_rules: FinishRules = FinishRules()
    active_limit: int = 20000
    now: float = NOW

    def __post_init__(self) -> None:
        for queue in QUEUES:
            (self.path / queue).mkdir(exist_ok=True)
        root = f"{self.path}/"
        self.sink = MemorySink()
        self.layout = QueueLayout(frozenset(), 1, root)
        self.surroundings = Surroundings(self.layout, Log("postfix/qmgr", self.sink), lambda: self.now)
        self.resolver = FakeResolver()
        self.agents = FakeAgents(root)
        self.bounce = FakeBounce()
        self.reports = FakeReports()
        self.active = ActiveQueue()
        self.pipe = FakePipe()

    def build(self) -> Qmgr:
        """Return the queue manager, not started."""
        self.transports = TransportTable(lambda name: self.limits.get(name, TransportLimits()))
        self.dispatcher = Dispatcher(self.dispatch_rules, self.transports, self.surroundings, self.agents.connect)
        router = Router(self.routing_rules, self.resolver, self.transports, self.dispatcher, lambda: self.active.probes)
        self.admission = Admission(self.admission_rules, self.surroundings, router, self.dispatcher, self.active)
        self.finisher = Finisher(self.finish_rules, self.surroundings, self.bounce)
        parts = Parts(
            self.admission, self.dispatcher, self.finisher, self.active, self.reports, TokenKeeper(self.pipe, 100)
        )
        self.qmgr = Qmgr(parts, self.surroundings, self.active_limit, 300)
        return self.qmgr

    def put(self, queue: str, queue_id: str, octets: bytes, *, mode: int = 0o700, age: float = 0.0) -> Path:
        """Make a queue file; its time stamp is *age* seconds ago."""
        path = self.path / queue / queue_id
        path.write_bytes(octets)
        path.chmod(mode)
        os.utime(path, (self.now - age, self.now - age))
        return path

    def listing(self, queue: str) -> list[str]:
        """Return the IDs in *queue*."""
        return sorted(path.name for path in (self.path / queue).iterdir())

    def log(self) -> list[str]:
        """Return all lines so far: severity and text."""
        self.surroundings.log.flush()
        return [text if severity == "info" else f"{severity}: {text}" for severity, text in self.sink.lines]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let the loop turn until *condition* holds; it has to come true by itself."""
        for _ in range(5000):
            if condition():
                return
            await asyncio.sleep(0)
        raise AssertionError(f"it never happened; log: {self.log()}")

    async def settle(self) -> None:
        """Let the loop turn until no message is in the active queue."""
        await self.until(lambda: not self.active.messages and not self.listing("active") and not self.qmgr.is_feeding)
