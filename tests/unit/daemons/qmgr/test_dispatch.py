"""Deliveries: what agents get, what follows from how they end, dead destinations and transports."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.daemons.qmgr.clog import ClogRule
from pymail.daemons.qmgr.destination import Destination, Entry
from pymail.daemons.qmgr.dispatch import CONNECTING_LIMIT, Dispatcher, DispatchRules
from pymail.daemons.qmgr.feedback import Rules
from pymail.daemons.qmgr.limits import TransportLimits
from pymail.daemons.qmgr.message import Message
from pymail.daemons.qmgr.surroundings import Surroundings
from pymail.daemons.qmgr.transport import TransportTable
from pymail.ipc.delivery import DeliveryRequest, FinalStatus
from pymail.log.fatal import FatalError
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink
from pymail.mail.dsn import Dsn
from pymail.mail.envelope import Recipient
from pymail.queue.directories import QueueLayout
from tests.support.qmgr_world import AGAIN, DELIVERED, NOW, REFUSED, FakeAgents, make_message

RULES = DispatchRules(60, 300, 18000)
SUSPENDED = "4.4.1 delivery temporarily suspended: connect to mx.test: Connection refused"


@dataclass
class Desk:
    """A dispatcher and its owner."""

    limits: dict[str, TransportLimits] = field(default_factory=dict)
    rules: DispatchRules = RULES

    def __post_init__(self) -> None:
        self.sink = MemorySink()
        self.agents = FakeAgents()
        surroundings = Surroundings(QueueLayout(), Log("postfix/qmgr", self.sink), lambda: NOW)
        self.transports = TransportTable(lambda name: self.limits.get(name, TransportLimits()))
        self.dispatcher = Dispatcher(self.rules, self.transports, surroundings, self.agents.connect)
        self.dispatcher.owner = self
        self.done: list[str] = []
        self.deferred_here: list[tuple[str, str]] = []
        self.messages: list[Message] = []

    def entry_done(self, entry: Entry) -> None:
        entry.message.entries -= 1
        self.done += [recipient.address for recipient in entry.recipients]

    def defer_here(self, entry: Entry, reason: Dsn) -> None:
        entry.message.deferred = True
        self.deferred_here += [
            (recipient.address, f"{reason.status} {reason.reason}") for recipient in entry.recipients
        ]
        self.entry_done(entry)

    def message_count(self) -> int:
        return len(self.messages)

    def deliver(self, nexthop: str, *users: str, transport: str = "smtp", **envelope: object) -> Message:
        message = make_message(f"AA{len(self.messages)}", len(self.messages) + 1, **envelope)
        self.messages.append(message)
        recipients = [Recipient(f"{user}@{nexthop}") for user in users]
        made = self.dispatcher.add(message, (transport, nexthop.lower(), nexthop), recipients)
        self.dispatcher.drain(made)
        return message

    async def until_done(self) -> None:
        for _ in range(3000):
            if not any(message.entries for message in self.messages):
                return
            await asyncio.sleep(0)
        raise AssertionError(f"{[message.entries for message in self.messages]}, {self.sink.lines}")

    def destination(self, name: str, transport: str = "smtp") -> Destination | None:
        return self.transports.get(transport).destinations.get(name)

    def seen(self) -> list[str]:
        return [f"{name}:{request.nexthop}" for name, request in self.agents.requests]


def run(steps: Coroutine[Any, Any, None]) -> None:
    asyncio.run(steps)


def test_recipients_are_split_as_the_transport_wants() -> None:
    async def steps() -> None:
        desk = Desk({"smtp": TransportLimits(recipient_limit=2)})
        message = desk.deliver("A.Test", "u1", "u2", "u3")
        assert message.entries == 2
        await desk.until_done()
        sizes = [len(request.recipients) for _, request in desk.agents.requests]
        assert sorted(sizes) == [1, 2]
        assert not message.deferred
        assert desk.destination("a.test") is None
        assert desk.dispatcher.destinations == 0

    run(steps())


def test_what_cannot_be_told_to_an_agent_is_deferred() -> None:
    async def steps() -> None:
        desk = Desk()
        message = desk.deliver("a.test", "nul\0", "u")
        await desk.until_done()
        assert message.deferred
        assert desk.agents.requests == []
        assert desk.sink.lines == [("warning", "AA0: NUL in an attribute")]
        assert desk.transports.get("smtp").delivering == 0

    run(steps())


def test_who_leaves_begins_nothing_and_waits_for_what_is_under_way() -> None:
    async def steps() -> None:
        desk = Desk()
        desk.agents.hold = True
        desk.deliver("a.test", "u")
        while not desk.agents.requests:
            await asyncio.sleep(0)
        desk.dispatcher.leave()
        desk.deliver("b.test", "v")
        waiting = asyncio.get_running_loop().create_task(desk.dispatcher.quiet(20))
        await asyncio.sleep(0)
        assert not waiting.done()
        desk.agents.release()
        await waiting
        assert desk.done == ["u@a.test"]
        assert len(desk.agents.requests) == 1
        assert desk.transports.get("smtp").connecting == 0

    run(steps())


def test_a_slow_delivery_is_not_waited_for_for_ever() -> None:
    async def steps() -> None:
        desk = Desk()
        desk.agents.hold = True
        desk.deliver("a.test", "u")
        while not desk.agents.requests:
            await asyncio.sleep(0)
        desk.dispatcher.leave()
        await desk.dispatcher.quiet(0.0)
        assert desk.done == []
        desk.dispatcher.close()

    run(steps())


def test_no_recipient_limit() -> None:
    async def steps() -> None:
        desk = Desk({"smtp": TransportLimits(recipient_limit=0)})
        desk.deliver("a.test", *[f"u{number}" for number in range(70)])
        await desk.until_done()
        assert len(desk.agents.requests) == 1

    run(steps())


def test_a_verp_message_has_a_delivery_for_each_recipient() -> None:
    async def steps() -> None:
        desk = Desk()
        desk.deliver("a.test", "u1", "u2", verp_delimiters="+=")
        await desk.until_done()
        senders = sorted(request.sender for _, request in desk.agents.requests)
        assert senders == ["a+u1=a.test@sender.test", "a+u2=a.test@sender.test"]

    run(steps())


def test_what_must_be_tried_again_defers_the_message() -> None:
    async def steps() -> None:
        desk = Desk()
        desk.agents.scripts["smtp"] = lambda request: AGAIN
        message = desk.deliver("a.test", "u1")
        await desk.until_done()
        assert message.deferred
        assert desk.destination("a.test") is None  # alive: nothing against the destination

    run(steps())


def test_no_more_deliveries_at_a_time_than_the_window() -> None:
    async def steps() -> None:
        desk = Desk({"smtp": TransportLimits(Rules(initial=2, limit=2), recipient_limit=1)})
        desk.agents.hold = True
        message = desk.deliver("a.test", *[f"u{number}" for number in range(7)])
        while message.entries:
            await asyncio.sleep(0)
            assert desk.agents.running <= 2
            if desk.agents.running == 2 or message.entries == 1:
                desk.agents.release()
        assert desk.agents.most_running == 2

    run(steps())


def test_three_failures_kill_a_destination_and_the_rest_goes_to_retry() -> None:
    async def steps() -> None:
        desk = Desk({"smtp": TransportLimits(recipient_limit=1)})
        desk.agents.scripts["smtp"] = lambda request: REFUSED
        message = desk.deliver("a.test", *[f"u{number}" for number in range(20)])
        await desk.until_done()
        assert message.deferred
        destination = desk.destination("a.test")
        assert destination is not None
        assert destination.window.is_dead
        assert desk.seen().count(f"retry:{SUSPENDED}") >= 1
        assert set(desk.seen()) == {"smtp:a.test", f"retry:{SUSPENDED}"}
        assert sorted(desk.done) == sorted(f"u{number}@a.test" for number in range(20))
        reason = desk.dispatcher.reason(message, "smtp", "a.test")
        assert reason == Dsn("4.4.1", SUSPENDED[6:])

    run(steps())


@pytest.mark.parametrize(
    ("hop", "text"),
    [
        (Dsn("4.4.1", ""), "4.4.1 delivery temporarily suspended: unknown error"),
        (Dsn("x", "why"), "4.0.0 delivery temporarily suspended: why"),
    ],
    ids=["no-reason", "bad-status"],
)
def test_what_is_missing_in_a_reason_is_made_up(hop: Dsn, text: str) -> None:
    async def steps() -> None:
        desk = Desk({"smtp": TransportLimits(Rules(initial=1))})
        desk.agents.scripts["smtp"] = lambda request: FinalStatus(again=True, hop=hop)
        message = desk.deliver("a.test", "u")
        await desk.until_done()
        reason = desk.dispatcher.reason(message, "smtp", "a.test")
        assert reason is not None
        assert f"{reason.status} {reason.reason}" == text

    run(steps())


def test_mail_for_a_destination_that_died_meanwhile_goes_to_retry() -> None:
    async def steps() -> None:
        desk = Desk({"smtp": TransportLimits(Rules(initial=1))})
        desk.agents.scripts["smtp"] = lambda request: REFUSED
        desk.deliver("a.test", "u1")
        await desk.until_done()
        desk.deliver("a.test", "u2")
        await desk.until_done()
        assert desk.seen() == ["smtp:a.test", f"retry:{SUSPENDED}"]

    run(steps())


def test_a_missing_service_is_a_dead_transport() -> None:
    async def steps() -> None:
        desk = Desk()
        desk.agents.missing.add("nosuch")
        message = desk.deliver("a.test", "u1", transport="nosuch")
        desk.deliver("b.test", "u2", transport="nosuch")
        await desk.until_done()
        assert message.deferred
        assert set(desk.seen()) == {"retry:4.3.0 mail transport unavailable"}
        assert desk.sink.lines[0] == (
            "warning", "connect to transport private/nosuch: No such file or directory"
        )  # fmt: skip
        assert desk.transports.get("nosuch").reason == Dsn("4.3.0", "mail transport unavailable")

    run(steps())


def test_an_agent_that_says_nothing_is_a_dead_transport() -> None:
    async def steps() -> None:
        desk = Desk()
        desk.agents.mute.add("smtp")
        desk.deliver("a.test", "u1")
        await desk.until_done()
        assert desk.seen() == ["retry:4.3.0 mail transport unavailable"]
        assert ("warning", "private/smtp socket: premature disconnect") in desk.sink.lines

    run(steps())


def test_without_retry_mail_is_deferred_here() -> None:
    async def steps() -> None:
        desk = Desk()
        desk.agents.missing.update(("smtp", "retry"))
        message = desk.deliver("a.test", "u1", "u2")
        desk.deliver("b.test", "u3")
        await desk.until_done()
        assert message.deferred
        assert sorted(desk.deferred_here) == [
            (f"u{number}@{domain}", "4.3.0 mail transport unavailable")
            for number, domain in ((1, "a.test"), (2, "a.test"), (3, "b.test"))
        ]

    run(steps())


def test_an_agent_that_dies_at_work_defers_its_entry_only() -> None:
    async def steps() -> None:
        desk = Desk()
        desk.agents.scripts["smtp"] = lambda request: None if request.nexthop == "a.test" else DELIVERED
        first = desk.deliver("a.test", "u1")
        second = desk.deliver("b.test", "u2")
        await desk.until_done()
        assert (first.deferred, second.deferred) == (True, False)
        assert desk.transports.get("smtp").reason is None
        assert [text for _, text in desk.sink.lines] == [
            "private/smtp socket: premature disconnect",
            "transport smtp failure -- see a previous warning/fatal/panic logfile record for the problem description",
        ]

    run(steps())


def test_an_agent_that_dies_counts_against_the_destination() -> None:
    async def steps() -> None:
        desk = Desk({"smtp": TransportLimits(Rules(initial=1))})
        desk.agents.scripts["smtp"] = lambda request: None
        message = desk.deliver("a.test", "u1")
        await desk.until_done()
        assert desk.dispatcher.reason(message, "smtp", "a.test") == Dsn("4.3.0", "unknown mail transport error")

    run(steps())


def test_any_status_revives_the_transport() -> None:
    async def steps() -> None:
        desk = Desk()
        desk.agents.hold = True
        desk.deliver("a.test", "u1")
        while not desk.agents.running:
            await asyncio.sleep(0)
        desk.agents.missing.add("smtp")
        desk.deliver("b.test", "u2")
        assert desk.transports.get("smtp").reason is not None
        desk.agents.missing.clear()
        desk.agents.hold = False
        desk.agents.release()
        await desk.until_done()
        assert desk.transports.get("smtp").reason is None

    run(steps())


def test_a_flushed_message_revives_what_is_dead() -> None:
    async def steps() -> None:
        desk = Desk({"smtp": TransportLimits(Rules(initial=1))})
        desk.agents.scripts["smtp"] = lambda request: REFUSED
        message = desk.deliver("a.test", "u1")
        await desk.until_done()
        message.unthrottle = True
        assert desk.dispatcher.reason(message, "smtp", "a.test") is None
        message.unthrottle = False
        assert desk.dispatcher.reason(message, "smtp", "a.test") is None

    run(steps())


def test_all_can_be_revived() -> None:
    async def steps() -> None:
        desk = Desk({"smtp": TransportLimits(Rules(initial=1))})
        desk.agents.scripts["smtp"] = lambda request: REFUSED
        desk.agents.missing.add("nosuch")
        message = desk.deliver("a.test", "u1")
        desk.deliver("b.test", "u1", transport="nosuch")
        await desk.until_done()
        desk.dispatcher.revive_all()
        assert desk.dispatcher.reason(message, "smtp", "a.test") is None
        assert desk.dispatcher.reason(message, "nosuch", "b.test") is None
        assert desk.dispatcher.destinations == 0

    run(steps())


def test_dead_destinations_revive_with_time() -> None:
    async def steps() -> None:
        desk = Desk({"smtp": TransportLimits(Rules(initial=1))}, DispatchRules(0, 0, 18000))
        desk.agents.scripts["smtp"] = lambda request: REFUSED
        desk.agents.missing.add("nosuch")
        desk.deliver("a.test", "u1")
        desk.deliver("b.test", "u1", transport="nosuch")
        await desk.until_done()
        for _ in range(20):
            await asyncio.sleep(0)
        assert desk.destination("a.test") is None
        assert desk.transports.get("nosuch").reason is None

    run(steps())


def test_too_many_dead_destinations_are_forgotten() -> None:
    async def steps() -> None:
        rules = DispatchRules(60, 300, 18000, destination_limit=3)
        desk = Desk({"smtp": TransportLimits(Rules(initial=1))}, rules)
        desk.agents.scripts["smtp"] = lambda request: REFUSED
        for number in range(10):
            desk.deliver(f"d{number}.test", "u")
        await desk.until_done()
        assert desk.dispatcher.destinations <= 4

    run(steps())


def test_a_destination_with_a_rate_delay_pauses_and_never_stays_dead() -> None:
    async def steps() -> None:
        limits = TransportLimits(Rules(initial=1, limit=1), recipient_limit=1, destination_rate_delay=300)
        desk = Desk({"smtp": limits})
        desk.agents.scripts["smtp"] = lambda request: DELIVERED if len(desk.agents.requests) < 2 else REFUSED
        message = desk.deliver("a.test", "u1", "u2")
        while len(desk.done) < 1:
            await asyncio.sleep(0)
        destination = desk.destination("a.test")
        assert destination is not None
        assert destination.suspended
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(desk.agents.requests) == 1
        # The timer is not waited for: what it does is what a loop would do.
        assert destination.timer is not None
        destination.timer._run()  # noqa: SLF001  # asyncio has no clock to turn
        while message.entries:
            await asyncio.sleep(0)
        assert destination.reason is None
        assert destination.suspended

    run(steps())


def test_a_transport_with_a_rate_delay_has_one_connection() -> None:
    async def steps() -> None:
        desk = Desk({"smtp": TransportLimits(transport_rate_delay=300)})
        desk.deliver("a.test", "u1")
        desk.deliver("b.test", "u2")
        for _ in range(20):
            await asyncio.sleep(0)
        transport = desk.transports.get("smtp")
        assert (transport.connecting, transport.delivering, desk.agents.requests) == (1, 0, [])
        desk.dispatcher.close()

    run(steps())


def test_few_connections_wait_for_an_agent() -> None:
    async def steps() -> None:
        desk = Desk()
        for number in range(50):
            desk.deliver(f"d{number}.test", "u")
        assert desk.transports.get("smtp").connecting == CONNECTING_LIMIT
        await desk.until_done()
        assert desk.transports.get("smtp").connecting == 0

    run(steps())


@pytest.mark.parametrize(
    ("hold", "text"),
    [(True, "AA0: timeout receiving delivery status from transport: smtp"),
     (False, "timeout connecting to transport: smtp")],
)  # fmt: skip
def test_an_agent_that_hangs_is_fatal(hold: bool, text: str) -> None:
    async def steps() -> None:
        desk = Desk(rules=DispatchRules(60, 300, -1))
        desk.agents.hold = hold
        desk.deliver("a.test", "u")
        while hold and not desk.agents.running:
            await asyncio.sleep(0)
        with pytest.raises(FatalError, match=f"^{text}$"):
            desk.dispatcher.check_deadlines()
        desk.dispatcher.close()

    run(steps())


def test_the_window_can_be_logged() -> None:
    async def steps() -> None:
        desk = Desk(rules=DispatchRules(60, 300, 18000, feedback_debug=True))
        desk.deliver("a.test", "u")
        await desk.until_done()
        text = "qmgr_queue_unthrottle: queue a.test: limit 20 window 6 success 0 failure 0 fail_cohorts 0"
        assert desk.dispatcher._log.sink is desk.sink  # noqa: SLF001
        desk.dispatcher._log.flush()  # noqa: SLF001
        assert ("info", text) in desk.sink.lines

    run(steps())


#: What agents do, by turns: deliver, ask for another try, refuse the destination, die, or are not there at all.
OUTCOMES = st.lists(st.sampled_from(["ok", "again", "hop", "die", "missing", "mute"]), max_size=25)
MAIL = st.lists(
    st.tuples(
        st.sampled_from(["smtp", "local", "retry"]), st.sampled_from(["a.test", "b.test", "c.test"]), st.integers(1, 6)
    ),
    min_size=1,
    max_size=12,
)


@given(MAIL, OUTCOMES, st.integers(0, 3), st.integers(1, 3))
def test_every_recipient_is_done_once_whatever_agents_do(
    mail: list[tuple[str, str, int]], outcomes: list[str], most: int, initial: int
) -> None:
    async def steps() -> None:
        limits = TransportLimits(Rules(initial=initial, limit=4), recipient_limit=most)
        desk = Desk({"smtp": limits, "local": limits, "retry": limits})
        script = list(outcomes)

        def outcome(request: DeliveryRequest) -> FinalStatus | None:
            word = script.pop() if script else "ok"
            desk.agents.missing = {"smtp", "retry"} if word == "missing" else set()
            desk.agents.mute = {"local", "retry"} if word == "mute" else set()
            return {"ok": DELIVERED, "again": AGAIN, "hop": REFUSED, "die": None}.get(word, DELIVERED)

        desk.agents.scripts = {"smtp": outcome, "local": outcome, "retry": outcome}
        wanted = []
        for number, (transport, nexthop, count) in enumerate(mail):
            users = [f"m{number}u{user}" for user in range(count)]
            wanted += [f"{user}@{nexthop}" for user in users]
            desk.deliver(nexthop, *users, transport=transport)
        await desk.until_done()
        assert sorted(desk.done) == sorted(wanted)
        for transport in desk.transports.transports.values():
            assert (transport.connecting >= 0, transport.delivering) == (True, 0)
            assert all(not one.busy and not one.todo for one in transport.destinations.values())
        desk.dispatcher.close()

    run(steps())


def test_the_clog_warning_goes_to_the_log() -> None:
    async def steps() -> None:
        rules = DispatchRules(60, 300, 18000, ClogRule(10, 300))
        desk = Desk({"smtp": TransportLimits(recipient_limit=1)}, rules)
        desk.deliver("a.test", *[f"u{number}" for number in range(5)])
        await desk.until_done()
        assert desk.sink.lines[0] == ("warning", "mail for a.test is using up 3 of 1 active queue entries")

    run(steps())
