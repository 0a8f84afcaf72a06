"""How a message comes into the active queue."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from pymail.daemons.qmgr.admission import AdmissionRules
from pymail.daemons.qmgr.limits import TransportLimits
from pymail.daemons.qmgr.scan import Found
from pymail.ipc.delivery import RequestFlag
from pymail.proto import record
from pymail.proto.record import RecordType
from tests.support.qmgr_world import AGAIN, NOW, World, queue_file

ID = "AAAA1111"


def run(steps: Coroutine[Any, Any, None]) -> None:
    asyncio.run(steps)


def found(world: World, mode: int = 0o700, *, flush: bool = False) -> Found:
    return Found("incoming", ID, f"{world.path}/incoming/{ID}", mode, flush)


def admitted(
    path: Path, octets: bytes, check: Callable[[World], None], *, mode: int = 0o700, rules: AdmissionRules | None = None
) -> None:
    """Admit a file while agents hold every delivery, check, then let all end."""

    async def steps() -> None:
        world = World(path)
        if rules is not None:
            world.admission_rules = rules
        world.build()
        world.agents.hold = True
        world.put("incoming", ID, octets, mode=mode)
        assert world.admission.admit(found(world, mode))
        for _ in range(30):
            await asyncio.sleep(0)
        check(world)
        world.agents.hold = False
        world.agents.release()
        await world.settle()
        assert world.active.recipients == 0
        assert world.active.probes == 0

    run(steps())


def test_a_message_is_moved_read_and_delivered(tmp_path: Path) -> None:
    def check(world: World) -> None:
        assert world.listing("active") == [ID]
        assert world.log() == [f"{ID}: from=<a@sender.test>, size=16, nrcpt=3 (queue active)"]
        assert (world.active.messages, world.active.recipients) == (1, 3)
        sent = [
            (name, request.nexthop, [recipient.address for recipient in request.recipients])
            for name, request in world.agents.requests
        ]
        assert sorted(sent) == [("smtp", "a.test", ["b@a.test", "c@a.test"]), ("smtp", "b.test", ["a@b.test"])]
        request = world.agents.requests[0][1]
        assert request.client.name == "client.test"
        assert (request.stats.incoming_arrival, request.stats.active_arrival) == (NOW + 0.25, NOW)

    admitted(tmp_path, queue_file(["c@a.test", "a@b.test", "b@a.test"]), check)


def test_the_log_of_the_last_attempt_goes(tmp_path: Path) -> None:
    (tmp_path / "defer").mkdir()
    (tmp_path / "defer" / ID).write_text("old reasons")
    admitted(tmp_path, queue_file(["u@a.test"]), lambda world: assert_empty(world.listing("defer")))


def assert_empty(names: list[str]) -> None:
    assert names == []


def test_a_message_without_recipients_is_done(tmp_path: Path) -> None:
    async def steps() -> None:
        world = World(tmp_path)
        world.build()
        world.put("incoming", ID, queue_file(["u@a.test"]).replace(b"R\x08u@a.test", b"D\x08u@a.test"))
        assert world.admission.admit(found(world))
        assert (world.active.messages, world.listing("active")) == (0, [])
        assert world.log()[-1] == f"{ID}: removed"

    run(steps())


def test_a_file_that_is_gone_is_tolerated(tmp_path: Path) -> None:
    async def steps() -> None:
        world = World(tmp_path)
        world.build()
        assert not world.admission.admit(found(world))
        assert world.log() == [f"warning: {ID}: rename from incoming to active: No such file or directory"]

    run(steps())


def test_a_message_that_is_still_being_delivered_waits_a_minute(tmp_path: Path) -> None:
    async def steps() -> None:
        world = World(tmp_path)
        world.build()
        path = world.put("incoming", ID, queue_file(["u@a.test"]))
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            assert not world.admission.admit(found(world))
        assert world.log() == [f"{ID}: skipped, still being delivered"]
        assert (world.listing("active"), world.listing("incoming")) == ([], [ID])
        assert path.stat().st_mtime == NOW + 60
        assert world.active.messages == 0

    run(steps())


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        pytest.param(b"garbage", "", id="garbage"),
        pytest.param(b"", "", id="empty"),
        pytest.param(queue_file(["u@a.test"])[:-2], "", id="no-end"),
        pytest.param(queue_file(["u@a.test"])[97:], "missing size record", id="no-size"),
    ],
)
def test_a_corrupt_file_is_saved(tmp_path: Path, octets: bytes, problem: str) -> None:
    async def steps() -> None:
        world = World(tmp_path)
        world.build()
        world.put("incoming", ID, octets)
        assert not world.admission.admit(found(world))
        assert (world.listing("active"), world.listing("corrupt"), world.active.messages) == ([], [ID], 0)
        first, second = world.log()
        assert first.startswith(f"warning: {ID}: message rejected: {problem}")
        assert second == f'warning: saving corrupt file "{ID}" from queue "active" to queue "corrupt"'

    run(steps())


def test_the_lock_is_held_until_all_routes_are_known(tmp_path: Path) -> None:
    async def steps() -> None:
        world = World(tmp_path)
        world.build()
        world.agents.hold = True
        world.resolver.slow.add("b@a.test")
        world.put("incoming", ID, queue_file(["a@a.test", "b@a.test"]))
        assert world.admission.admit(found(world))
        assert world.admission.routing == 1
        with (tmp_path / "active" / ID).open("rb") as file:
            with pytest.raises(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            await world.until(lambda: bool(world.agents.requests))
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        assert world.resolver.asked == ["b@a.test"]
        assert [len(request.recipients) for _, request in world.agents.requests] == [2]
        assert world.admission.routing == 0
        world.agents.release()
        await world.settle()

    run(steps())


def test_a_redirect_replaces_all_recipients(tmp_path: Path) -> None:
    def check(world: World) -> None:
        assert [[one.address for one in request.recipients] for _, request in world.agents.requests] == [
            ["boss@b.test"]
        ]
        assert world.active.recipients == 1

    admitted(tmp_path, queue_file(["a@a.test", "b@a.test"], redirect="boss@b.test"), check)


def test_a_filter_takes_all(tmp_path: Path) -> None:
    def check(world: World) -> None:
        assert [(name, request.nexthop) for name, request in world.agents.requests] == [("scan", "localhost:10025")]

    admitted(tmp_path, queue_file(["a@a.test", "b@b.test"], filter="scan:localhost:10025"), check)


def test_a_single_message_is_flushed(tmp_path: Path) -> None:
    def check(world: World) -> None:
        assert os.stat(tmp_path / "active" / ID).st_mode & 0o777 == 0o700

    admitted(tmp_path, queue_file(["a@a.test"]), check, mode=0o740)


def test_a_message_expired_by_hand_is_not_tried_again(tmp_path: Path) -> None:
    async def steps() -> None:
        world = World(tmp_path)
        world.build()
        (tmp_path / "defer" / ID).write_text("reasons")
        world.put("incoming", ID, queue_file(["a@a.test"]), mode=0o710)
        assert world.admission.admit(found(world, 0o710))
        await world.settle()
        assert world.agents.requests == []
        assert world.listing("defer") == [ID]
        assert [service for service, _ in world.bounce.asked] == ["defer"]
        assert world.log()[1:] == [
            f"{ID}: from=<a@sender.test>, status=force-expired, returned to sender", f"{ID}: removed"
        ]  # fmt: skip

    run(steps())


def test_without_reasons_an_expired_message_gets_one(tmp_path: Path) -> None:
    def check(world: World) -> None:
        assert [f"{name}:{request.nexthop}" for name, request in world.agents.requests] == [
            "retry:4.7.0 message is administratively expired"
        ]

    admitted(tmp_path, queue_file(["a@a.test"]), check, mode=0o710)


def test_a_message_whose_delay_was_told_tells_its_delivery(tmp_path: Path) -> None:
    def check(world: World) -> None:
        assert world.agents.requests[0][1].flags == RequestFlag.NORMAL | RequestFlag.REC_DLY_SENT

    admitted(
        tmp_path,
        queue_file(["a@a.test"], extra=record.encode(RecordType.WARNING_TIME, b"%15d" % -1)),
        check,
        rules=AdmissionRules(confirm_delay_cleared=True),
    )


@pytest.mark.parametrize(
    ("sender", "verp", "warning"),
    [
        pytest.param("", b"+=", "ignoring VERP request for null sender", id="null-sender"),
        pytest.param("a@sender.test", b"xx", 'ignoring bad VERP request: "xx"', id="bad-delimiters"),
    ],
)
def test_a_bad_verp_request_is_ignored(tmp_path: Path, sender: str, verp: bytes, warning: str) -> None:
    def check(world: World) -> None:
        assert f"warning: {ID}: {warning}" in world.log()
        assert world.agents.requests[0][1].sender == sender

    admitted(tmp_path, queue_file(["a@a.test"], sender=sender, extra=record.encode(RecordType.VERP, verp)), check)


def test_a_probe_is_counted(tmp_path: Path) -> None:
    octets = queue_file(["a@a.test"], extra=record.encode_attribute("trace_flags", 256))

    def check(world: World) -> None:
        assert world.active.probes == 1
        assert world.agents.requests[0][1].flags == 259

    admitted(tmp_path, octets, check)


def test_recipients_are_read_as_they_fit(tmp_path: Path) -> None:
    async def steps() -> None:
        world = World(tmp_path)
        world.limits["smtp"] = TransportLimits(recipient_limit=2, refill_limit=4)
        world.admission_rules = AdmissionRules(recipient_limit=10, recipient_minimum=3)
        world.build()
        wanted = [f"u{number:03}@a.test" for number in range(95)]
        world.put("incoming", ID, queue_file(wanted))
        most = 0
        assert world.admission.admit(found(world))
        while world.active.messages:
            most = max(most, world.active.recipients)
            await asyncio.sleep(0)
        got = [one.address for _, request in world.agents.requests for one in request.recipients]
        assert sorted(got) == wanted
        assert most == 10
        assert world.log()[-1] == f"{ID}: removed"
        assert world.active.recipients == 0

    run(steps())


def test_there_is_always_room_for_a_few_recipients(tmp_path: Path) -> None:
    async def steps() -> None:
        world = World(tmp_path)
        world.admission_rules = AdmissionRules(recipient_limit=5, recipient_minimum=3)
        world.active.recipients = 5
        world.build()
        world.put("incoming", ID, queue_file([f"u{number}@a.test" for number in range(7)]))
        assert world.admission.admit(found(world))
        await world.settle()
        assert max(len(request.recipients) for _, request in world.agents.requests) == 3
        assert sum(len(request.recipients) for _, request in world.agents.requests) == 7

    run(steps())


def test_unread_recipients_of_a_file_that_broke_are_kept(tmp_path: Path) -> None:
    async def steps() -> None:
        world = World(tmp_path)
        world.admission_rules = AdmissionRules(recipient_limit=3, recipient_minimum=3)
        world.limits["smtp"] = TransportLimits(refill_limit=1)
        world.build()
        path = world.put("incoming", ID, queue_file([f"u{number}@a.test" for number in range(7)]))
        world.agents.scripts["smtp"] = lambda request: (os.truncate(tmp_path / "active" / ID, 200), AGAIN)[1]
        assert path.exists()
        assert world.admission.admit(found(world))
        await world.settle()
        assert world.listing("corrupt") == [ID]

    run(steps())
