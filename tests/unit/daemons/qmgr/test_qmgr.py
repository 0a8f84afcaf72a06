"""The feed loop, and whole lives of messages with scripted agents."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pymail.daemons.qmgr.admission import AdmissionRules
from pymail.daemons.qmgr.feedback import Rules
from pymail.daemons.qmgr.limits import TransportLimits
from pymail.daemons.qmgr.resolve import RoutingRules
from pymail.ipc.delivery import DeliveryRequest, FinalStatus
from pymail.ipc.rewrite import ResolveReply
from pymail.log.fatal import FatalError
from tests.support.qmgr_world import AGAIN, DELIVERED, NOW, REFUSED, World, queue_file

ID = "AAAA1111"


def run(steps: Coroutine[Any, Any, None]) -> None:
    asyncio.run(steps)


def test_start_takes_up_what_was_left(tmp_path: Path) -> None:
    async def steps() -> None:
        world = World(tmp_path)
        qmgr = world.build()
        world.put("active", "A1", queue_file(["u@a.test"]), age=500)
        world.put("incoming", "A2", queue_file(["u@a.test"]))
        world.put("deferred", "A3", queue_file(["u@a.test"]), age=1)
        world.put("deferred", "A4", queue_file(["u@a.test"]), age=-100)
        world.put("hold", "A5", queue_file(["u@a.test"]))
        qmgr.start()
        await world.settle()
        assert sorted(request.queue_id for _, request in world.agents.requests) == ["A1", "A2", "A3"]
        assert (world.listing("deferred"), world.listing("hold")) == (["A4"], ["A5"])

    run(steps())


@pytest.mark.parametrize(
    ("trigger", "delivered"),
    [
        pytest.param(b"W", ["I1"], id="wakeup"),
        pytest.param(b"I", ["I1"], id="incoming"),
        pytest.param(b"D", ["D1"], id="deferred"),
        pytest.param(b"AD", ["D1", "D2"], id="deferred-now"),
        pytest.param(b"FADI", ["D1", "D2", "H1", "I1", "I2"], id="flush"),
        pytest.param(b"F", [], id="modifier-only"),
        pytest.param(b"x\0", [], id="unknown"),
    ],
)
def test_triggers(tmp_path: Path, trigger: bytes, delivered: list[str]) -> None:
    async def steps() -> None:
        world = World(tmp_path)
        world.routing_rules = RoutingRules(defer_transports=frozenset({"held"}))
        world.resolver.answers["u@held.test"] = ResolveReply("held", "held.test", "u@held.test", 0)
        qmgr = world.build()
        world.put("incoming", "I1", queue_file(["u@a.test"]))
        world.put("incoming", "I2", queue_file(["u@a.test"]), age=-50)
        world.put("deferred", "D1", queue_file(["u@a.test"]), age=50)
        world.put("deferred", "D2", queue_file(["u@a.test"]), age=-50)
        world.put("deferred", "H1", queue_file(["u@held.test"]), age=-50)
        qmgr.on_request(trigger)
        await world.settle()
        sent = sorted(request.queue_id for name, request in world.agents.requests if name != "retry")
        assert sent == delivered

    run(steps())


def test_a_trigger_during_a_scan_is_not_lost(tmp_path: Path) -> None:
    async def steps() -> None:
        world = World(tmp_path)
        qmgr = world.build()
        for number in range(10):
            world.put("incoming", f"A{number}", queue_file(["u@a.test"]))
        qmgr.on_request(b"W")
        await asyncio.sleep(0)
        world.put("incoming", "B1", queue_file(["u@a.test"]))
        qmgr.on_request(b"W")
        await world.settle()
        assert len(world.agents.requests) == 11

    run(steps())


def test_the_active_queue_has_a_limit_and_new_mail_comes_first(tmp_path: Path) -> None:
    async def steps() -> None:
        world = World(tmp_path, active_limit=3)
        qmgr = world.build()
        world.agents.hold = True
        for number in range(5):
            world.put("incoming", f"A{number}", queue_file(["u@a.test"]))
            world.put("deferred", f"D{number}", queue_file(["u@a.test"]), age=1)
        qmgr.on_request(b"ID")
        for _ in range(100):
            await asyncio.sleep(0)
        assert world.active.messages == 3
        first = [name[0] for name in world.listing("active")]
        assert sorted(first) == ["A", "A", "D"]
        world.agents.hold = False
        world.agents.release()
        await world.settle()
        assert len(world.agents.requests) == 10

    run(steps())


def test_few_messages_wait_for_the_resolver(tmp_path: Path) -> None:
    async def steps() -> None:
        world = World(tmp_path)
        qmgr = world.build()
        for number in range(30):
            world.resolver.slow.add(f"u{number}@a.test")
            world.put("incoming", f"A{number}", queue_file([f"u{number}@a.test"]))
        qmgr.on_request(b"W")
        most = 0
        while len(world.agents.requests) < 30:
            most = max(most, world.admission.routing)
            await asyncio.sleep(0)
        await world.settle()
        assert 1 <= most <= 8

    run(steps())


def test_tokens_are_kept(tmp_path: Path) -> None:
    async def steps() -> None:
        world = World(tmp_path)
        qmgr = world.build()
        world.put("incoming", "A1", queue_file(["u@a.test"]))
        qmgr.on_request(b"W")
        await world.settle()
        await asyncio.sleep(0)
        assert world.pipe.tokens == 100

    run(steps())


def test_a_message_that_nobody_takes_is_deferred_with_its_reasons(tmp_path: Path) -> None:
    async def steps() -> None:
        world = World(tmp_path)
        world.agents.missing.update(("smtp", "retry"))
        qmgr = world.build()
        path = world.put("incoming", ID, queue_file(["u1@a.test", "u2@b.test"]))
        qmgr.on_request(b"W")
        await world.settle()
        assert not path.exists()
        assert world.listing("deferred") == [ID]
        assert (tmp_path / "deferred" / ID).stat().st_mtime == NOW + 300
        assert sorted(world.reports.deferrals) == [
            ("u1@a.test", "4.3.0 mail transport unavailable"), ("u2@b.test", "4.3.0 mail transport unavailable")
        ]  # fmt: skip

    run(steps())


def test_a_double_bounce_is_discarded(tmp_path: Path) -> None:
    async def steps() -> None:
        world = World(tmp_path)
        world.resolver.answers["double-bounce@here.test"] = ResolveReply(
            "local", "here.test", "double-bounce@here.test", 256
        )
        qmgr = world.build()
        world.put("incoming", ID, queue_file(["double-bounce@here.test"]))
        qmgr.on_request(b"W")
        await world.settle()
        assert world.reports.discards == ["double-bounce@here.test"]
        assert world.log()[-1] == f"{ID}: removed"

    run(steps())


def test_a_broken_file_system_ends_the_process(tmp_path: Path) -> None:
    async def steps() -> None:
        world = World(tmp_path)
        qmgr = world.build()
        world.put("incoming", ID, queue_file(["u@a.test"]))
        (tmp_path / "active").rmdir()
        (tmp_path / "active").write_text("not a directory")
        errors: list[BaseException | None] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context.get("exception")))
        qmgr.on_request(b"W")
        while not errors:
            await asyncio.sleep(0)
        assert isinstance(errors[0], FatalError)
        assert world.listing("incoming") == [ID]

    run(steps())


def test_a_fault_in_a_task_ends_the_process(tmp_path: Path) -> None:
    async def steps() -> None:
        world = World(tmp_path)
        qmgr = world.build()
        errors: list[BaseException | None] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context.get("exception")))

        async def fail() -> None:
            await asyncio.sleep(0)
            raise OSError("disk")

        qmgr.settle(fail())
        while not errors:
            await asyncio.sleep(0)
        assert isinstance(errors[0], FatalError)

    run(steps())


OUTCOMES = st.lists(st.sampled_from(["ok", "again", "hop", "die", "missing", "mute"]), max_size=20)
MAIL = st.lists(
    st.lists(st.tuples(st.sampled_from("ab"), st.booleans()), min_size=1, max_size=9), min_size=1, max_size=5
)


@settings(max_examples=30)
@given(MAIL, OUTCOMES, st.integers(1, 3))
def test_mail_is_delivered_or_kept_never_lost(
    mail: list[list[tuple[str, bool]]], outcomes: list[str], most: int
) -> None:
    """Each recipient was marked as done by an agent, or its file is in deferred with the recipient still to do."""

    async def steps(path: Path) -> None:
        limits = TransportLimits(Rules(initial=2, limit=3), recipient_limit=most, refill_limit=2)
        world = World(path, limits={"smtp": limits, "retry": limits})
        world.admission_rules = AdmissionRules(recipient_limit=6, recipient_minimum=2)
        script = list(outcomes)
        delivered: set[str] = set()

        def outcome(request: DeliveryRequest) -> FinalStatus | None:
            word = script.pop() if script else "ok"
            world.agents.missing = {"smtp", "retry"} if word == "missing" else set()
            world.agents.mute = {"smtp", "retry"} if word == "mute" else set()
            status = {"again": AGAIN, "hop": REFUSED, "die": None}.get(word, DELIVERED)
            if status is DELIVERED:
                delivered.update(recipient.address for recipient in request.recipients)
            return status

        world.agents.scripts = {"smtp": outcome}
        qmgr = world.build()
        wanted: dict[str, list[str]] = {}
        for number, recipients in enumerate(mail):
            addresses = [f"m{number}u{user}@{domain}.test" for user, (domain, _) in enumerate(recipients)]
            world.resolver.slow.update(one for one, (_, slow) in zip(addresses, recipients, strict=True) if slow)
            wanted[f"AA{number}"] = addresses
            world.put("incoming", f"AA{number}", queue_file(addresses))
        qmgr.on_request(b"W")
        await world.settle()
        kept = {name: (path / "deferred" / name).read_bytes() for name in world.listing("deferred")}
        for queue_id, addresses in wanted.items():
            for address in addresses:
                coded = bytes((len(address),)) + address.encode()
                if address in delivered:
                    assert queue_id not in kept or b"D" + coded in kept[queue_id]
                else:
                    assert b"R" + coded in kept[queue_id]
            if set(addresses) <= delivered:
                assert queue_id not in kept
        assert world.listing("corrupt") == []
        assert (world.active.messages, world.active.recipients) == (0, 0)
        await qmgr.stop()

    with TemporaryDirectory() as directory:
        run(steps(Path(directory)))
