"""One worker of the SMTP client with fakes around it: reports are kept, the log is in memory."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from pymail.client.cache import SessionCache
from pymail.client.route import Router, Surroundings
from pymail.config.main_cf import MainCf
from pymail.daemons.smtp.delivery import Delivery, Mail, Worker
from pymail.daemons.smtp.destinations import Destinations
from pymail.daemons.smtp.params import LmtpParams, SmtpParams
from pymail.daemons.smtp.settings import Settings, make_settings
from pymail.delivery.outcome import Fate, Outcome
from pymail.dns.hosts import HostLookup
from pymail.dns.resolver import Resolver
from pymail.ipc.delivery import ClientInfo, DeliveryRequest, FinalStatus, MsgStats, RequestFlag
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from pymail.mail.envelope import Recipient
from tests.support.dns_server import DnsServer, Zone

REUSE = RequestFlag.NORMAL | RequestFlag.CONN_LOAD | RequestFlag.CONN_STORE
CONTENT = (b"Subject: hello\r\n\r\nline\r\n",)


def settings(
    folder: Path, values: dict[str, str] | None = None, *, lmtp: bool = False, arguments: tuple[str, ...] = ()
) -> Settings:
    """Settings from a main.cf with *values*."""
    lines = {"myhostname": "me.test", "inet_protocols": "ipv4", **(values or {})}
    (folder / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in lines.items()))
    params = (LmtpParams if lmtp else SmtpParams)(MainCf.load(str(folder)))
    return make_settings(params, arguments, lmtp=lmtp)


def request(nexthop: str, *recipients: str | Recipient, flags: int = RequestFlag.NORMAL) -> DeliveryRequest:
    """A delivery request."""
    entries = tuple(one if isinstance(one, Recipient) else Recipient(one, one) for one in recipients)
    return DeliveryRequest(
        flags, "active", "ABC123", 0, 100, nexthop, "8bit", 0, "from@me.test", "", 0,
        MsgStats(1.0, 2.0, 3.0), ClientInfo(), entries or (Recipient("u@d.test", "u@d.test"),),
    )  # fmt: skip


@dataclass
class Told:
    """What was reported of one recipient."""

    address: str
    fate: str
    status: str
    reason: str
    relay: str
    outcome: Outcome
    recipient: Recipient


@dataclass
class KeptReports:
    """Stands for the reporter."""

    told: list[Told] = field(default_factory=list)

    async def report(
        self, request: DeliveryRequest, recipient: Recipient, outcome: Outcome, file: int | None = None
    ) -> bool:
        dsn = outcome.dsn
        self.told.append(
            Told(recipient.address, outcome.fate.value, dsn.status, dsn.reason, outcome.relay, outcome, recipient)
        )
        return outcome.fate is Fate.DEFERRED


@dataclass
class Rig:
    """The worker, and what came out of it."""

    worker: Worker
    reports: KeptReports
    sink: MemorySink

    async def deliver(self, wanted: DeliveryRequest, content: Iterable[bytes] = CONTENT) -> FinalStatus:
        """Run one delivery."""
        return await Delivery(self.worker, wanted, Mail(lambda: content)).run()

    @property
    def told(self) -> list[tuple[str, str, str, str]]:
        """Address, fate, status and reason of each report so far."""
        return [(one.address, one.fate, one.status, one.reason) for one in self.reports.told]

    @property
    def log(self) -> list[str]:
        """The lines that were logged."""
        self.worker.log.flush()
        return [text for _, text in self.sink.lines]


@dataclass
class World:
    """What a scene runs in: names, and addresses that count as our own."""

    zone: Zone = field(default_factory=dict)
    own: frozenset[str] = frozenset()


def play(scene: Callable[[Rig, AsyncExitStack], Awaitable[None]], config: Settings, world: World | None = None) -> None:
    """Run *scene* with a worker of *config*."""
    around = world or World()

    async def run() -> None:
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(DnsServer(around.zone))
            resolver = Resolver(server.conf(attempts=1))
            sink = MemorySink()
            log = Log("postfix/smtp", sink)
            reports = KeptReports()
            surroundings = Surroundings(
                resolver,
                HostLookup(resolver),
                around.own.__contains__,
                lambda text: log.warning("%s", text),
                random.Random(1),
            )
            cache = SessionCache(config.reuse.idle_limit, asyncio.get_running_loop())
            worker = Worker(config, Destinations(config, Router(config.route, surroundings)), cache, log, reports)
            await scene(Rig(worker, reports, sink), stack)
            cache.close()

    asyncio.run(asyncio.wait_for(run(), 30))


def with_reuse(wanted: DeliveryRequest) -> DeliveryRequest:
    """The same request, with the wish to use connections again."""
    return replace(wanted, flags=REUSE)
