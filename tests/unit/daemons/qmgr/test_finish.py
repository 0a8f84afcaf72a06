"""The end of a message: the steps, in their order."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pymail.daemons.qmgr.finish import FinishRules
from pymail.daemons.qmgr.message import Message
from pymail.daemons.qmgr.surroundings import Steps
from pymail.ipc.bounce import RequestKind
from pymail.ipc.delivery import RequestFlag
from pymail.proto import record
from pymail.proto.record import RecordType
from tests.support.qmgr_world import NOW, World, make_message, queue_file

ID = "AAAA1111"
DAY = 86400


class Keeper:
    """Runs the steps to their end, and remembers what the finisher said."""

    def __init__(self) -> None:
        self.steps: list[Steps] = []
        self.ended = 0
        self.more = 0
        self.can_read = True

    def read_more(self, message: Message) -> bool:
        self.more += 1
        message.next_offset = 0
        return self.can_read

    def closed(self, message: Message) -> None:
        self.ended += 1

    def settle(self, steps: Steps) -> None:
        self.steps.append(steps)


def finish(
    path: Path, change: Callable[[Message], None] | None = None, rules: FinishRules | None = None, **options: object
) -> tuple[World, Keeper]:
    """Finish a message whose file is in active; *options*: failing services, mode, extra records, age."""

    async def run() -> tuple[World, Keeper]:
        world = World(path)
        if rules is not None:
            world.finish_rules = rules
        world.build()
        keeper = Keeper()
        keeper.can_read = bool(options.get("can_read", True))
        world.finisher.keeper = keeper
        world.bounce.failing = set(options.get("failing", ()))  # type: ignore[call-overload]  # a test's own word
        if options.get("file", True):
            octets = queue_file(["u@a.test"], extra=options.get("extra", b""))  # type: ignore[arg-type]  # as above
            world.put("active", ID, octets, mode=int(options.get("mode", 0o700)))  # type: ignore[call-overload]
        message = make_message(ID)
        if change is not None:
            change(message)
        world.finisher.finish(message)
        for steps in keeper.steps:
            await steps
        return world, keeper

    return asyncio.run(run())


def asked(world: World) -> list[tuple[str, int, int]]:
    return [(service, request.kind, request.flags) for service, request in world.bounce.asked]


def defer(message: Message) -> None:
    message.deferred = True


def test_a_delivered_message_is_removed_at_once(tmp_path: Path) -> None:
    world, keeper = finish(tmp_path)
    assert world.listing("active") == []
    assert world.log() == [f"{ID}: removed"]
    assert (keeper.ended, keeper.steps, world.bounce.asked) == (1, [], [])


def test_a_file_that_is_gone_is_tolerated(tmp_path: Path) -> None:
    world, keeper = finish(tmp_path, file=False)
    assert keeper.ended == 1
    assert world.log() == [f"warning: {ID}: remove {ID} from active: No such file or directory"]


def test_a_deferred_message_waits_as_long_as_it_is_old(tmp_path: Path) -> None:
    world, keeper = finish(tmp_path, lambda message: (defer(message), setattr(message, "create_time", NOW - 1000)))  # type: ignore[arg-type, return-value]  # two in one
    assert (world.listing("active"), world.listing("deferred")) == ([], [ID])
    status = os.stat(tmp_path / "deferred" / ID)
    assert (status.st_mtime, status.st_atime) == (NOW + 1000, NOW + 1000)
    assert (keeper.ended, world.log()) == (1, [])


@pytest.mark.parametrize(("age", "delay"), [(0, 300), (299, 300), (301, 301), (3999, 3999), (50_000, 4000)])
def test_the_delay_has_bounds(age: int, delay: int) -> None:
    assert FinishRules().retry_delay(age) == delay


@pytest.mark.parametrize(("sender", "lifetime"), [("a@sender.test", 5 * DAY), ("", DAY)], ids=["mail", "bounce"])
def test_lifetimes(sender: str, lifetime: int) -> None:
    assert FinishRules(bounce_queue_lifetime=DAY).lifetime(sender) == lifetime
    assert FinishRules(bounce_queue_lifetime=9 * DAY).lifetime("") == 5 * DAY


def test_bounces_are_reported_before_the_file_goes(tmp_path: Path) -> None:
    (tmp_path / "bounce").mkdir()
    (tmp_path / "bounce" / ID).write_text("x")
    world, _ = finish(tmp_path)
    assert asked(world) == [("bounce", RequestKind.FLUSH, 0)]
    assert world.listing("active") == []


def test_an_empty_bounce_log_is_removed(tmp_path: Path) -> None:
    (tmp_path / "bounce").mkdir()
    (tmp_path / "bounce" / ID).touch()
    world, _ = finish(tmp_path)
    assert (asked(world), world.listing("bounce"), world.listing("active")) == ([], [], [])


@pytest.mark.parametrize(
    ("disabled", "kind"), [(False, RequestKind.VERP), (True, RequestKind.FLUSH)], ids=["verp", "disabled"]
)
def test_verp_mail_has_a_bounce_for_each_recipient(tmp_path: Path, disabled: bool, kind: int) -> None:
    (tmp_path / "bounce").mkdir()
    (tmp_path / "bounce" / ID).write_text("x")
    world, _ = finish(
        tmp_path, lambda message: setattr(message, "verp", "+="), FinishRules(disable_verp_bounces=disabled)
    )
    assert asked(world) == [("bounce", kind, 0)]


def test_a_bounce_that_cannot_be_sent_defers_the_message(tmp_path: Path) -> None:
    (tmp_path / "bounce").mkdir()
    (tmp_path / "bounce" / ID).write_text("x")
    world, _ = finish(tmp_path, failing=["bounce"])
    assert world.listing("deferred") == [ID]
    assert world.log() == [f"{ID}: status=deferred (bounce failed)"]


@pytest.mark.parametrize("options", [{"mode": 0o400}, {"file": False}], ids=["marked", "gone"])
def test_a_file_that_an_agent_found_corrupt_is_saved(tmp_path: Path, options: dict[str, object]) -> None:
    world, keeper = finish(tmp_path, defer, **options)
    assert world.listing("corrupt") == ([ID] if "mode" in options else [])
    assert world.log() == [f'warning: saving corrupt file "{ID}" from queue "active" to queue "corrupt"']
    assert (keeper.ended, asked(world)) == (1, [])


@pytest.mark.parametrize(("can_read", "ended"), [(True, 0), (False, 1)])
def test_unread_recipients_come_next(tmp_path: Path, can_read: bool, ended: int) -> None:
    world, keeper = finish(tmp_path, lambda message: setattr(message, "next_offset", 500), can_read=can_read)
    assert (keeper.more, keeper.ended) == (1, ended)
    assert world.listing("corrupt") == ([] if can_read else [ID])


TRACE = record.encode_attribute("trace_flags", 1024)


def test_a_trace_is_sent_once(tmp_path: Path) -> None:
    offset = queue_file(["u@a.test"], extra=TRACE).index(TRACE)

    def record_it(message: Message) -> None:
        message.deferred = True
        message.trace_flags = RequestFlag.RECORD
        message.trace_offset = offset

    world, _ = finish(tmp_path, record_it, extra=TRACE)
    assert asked(world) == [("trace", RequestKind.TRACE, RequestFlag.RECORD)]
    assert (tmp_path / "deferred" / ID).read_bytes()[offset : offset + 1] == b"K"


def test_a_trace_that_cannot_be_sent_defers_the_message(tmp_path: Path) -> None:
    world, _ = finish(tmp_path, lambda message: setattr(message, "notify", 2), failing=["trace"])
    assert world.listing("deferred") == [ID]
    assert world.log() == [f"{ID}: status=deferred (trace failed)"]


@pytest.mark.parametrize(
    ("forced", "age", "line"),
    [
        pytest.param(False, 5 * DAY, "expired", id="too-old"),
        pytest.param(True, 10, "force-expired", id="by-hand"),
    ],
)
def test_an_expired_message_is_returned(tmp_path: Path, forced: bool, age: int, line: str) -> None:
    def expire(message: Message) -> None:
        message.deferred = True
        message.force_expire = forced
        message.create_time = int(NOW) - age

    world, _ = finish(tmp_path, expire)
    assert asked(world) == [("defer", RequestKind.FLUSH, 2)]
    assert world.log() == [f"{ID}: from=<a@sender.test>, status={line}, returned to sender", f"{ID}: removed"]


def test_an_expired_message_that_cannot_be_returned_is_kept(tmp_path: Path) -> None:
    def expire(message: Message) -> None:
        message.deferred = True
        message.create_time = int(NOW) - 9 * DAY

    world, _ = finish(tmp_path, expire, failing=["defer"])
    assert world.listing("deferred") == [ID]


WARNING = record.encode(RecordType.WARNING_TIME, b"%15d" % NOW)


@pytest.mark.parametrize(
    ("when", "failing", "kinds", "after"),
    [
        pytest.param(NOW, [], [RequestKind.WARN], -1, id="due"),
        pytest.param(NOW + 1, [], [RequestKind.WARN], -1, id="almost-due"),
        pytest.param(NOW + 60, [], [], NOW, id="not-yet"),
        pytest.param(-1, [], [], NOW, id="sent-before"),
        pytest.param(NOW, ["defer"], [RequestKind.WARN], NOW, id="failed"),
    ],
)
def test_a_delay_is_told_once(tmp_path: Path, when: float, failing: list[str], kinds: list[int], after: float) -> None:
    offset = queue_file(["u@a.test"], extra=WARNING).index(WARNING)

    def warn(message: Message) -> None:
        message.deferred = True
        message.warning_time = int(when)
        message.warning_offset = offset

    world, _ = finish(tmp_path, warn, extra=WARNING, failing=failing)
    assert [kind for _, kind, _ in asked(world)] == kinds
    assert world.listing("deferred") == [ID]
    assert int((tmp_path / "deferred" / ID).read_bytes()[offset + 2 : offset + 17]) == after


def test_the_order_of_reports(tmp_path: Path) -> None:
    (tmp_path / "bounce").mkdir()
    (tmp_path / "bounce" / ID).write_text("x")

    def all_of_it(message: Message) -> None:
        message.deferred = True
        message.notify = 2
        message.create_time = int(NOW) - 9 * DAY

    world, _ = finish(tmp_path, all_of_it)
    assert [service for service, _, _ in asked(world)] == ["bounce", "trace", "defer"]
    assert world.log()[-1] == f"{ID}: removed"
