from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pymail.daemons.cleanup.aliases import Aliases
from pymail.daemons.cleanup.returning import Reports
from pymail.daemons.cleanup.session import CleanupSession, Workshop
from pymail.ipc.bounce import Request
from pymail.log.events.delivery import LineStyle
from pymail.proto import attr, record
from pymail.proto.record import RecordType
from pymail.queue.commit import CommitJob, Committer
from pymail.queue.directories import QueueLayout
from pymail.queue.reader import EnvelopeReader
from pymail.queue.writer import FileCreator
from pymail.tables.address import AddressRules
from pymail.tables.context import from_config
from pymail.tables.maps import Maps
from tests.support.cleanup_rig import make_log, settings, stream
from tests.support.configuration import configuration
from tests.support.fake_transport import FakeTransport

NO_SPACE = "452 4.3.1 Insufficient system storage"


class Transport(FakeTransport):
    """Knows whether the session wants to read."""

    def __init__(self) -> None:
        super().__init__()
        self.reading = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


class World:
    """A workshop in a directory, whose committer works when `commit` is called."""

    def __init__(self, root: Path, values: dict[str, str]) -> None:
        for name in ("incoming", "hold"):
            (root / name).mkdir()
        self.root = root
        self.log, self.lines = make_log()
        self.jobs: list[CommitJob] = []
        self.wakeups = 0
        self.asked: list[Request] = []
        self.bounce_works = True
        self.error: OSError | None = None
        layout = QueueLayout(root=f"{root}/")
        own = settings(values, has_aliases="virtual_alias_maps" in values)
        context = from_config(configuration({}), self.log, in_loop=True)
        maps = Maps("virtual_alias_maps", values.get("virtual_alias_maps", ""), context)
        creator = FileCreator(layout)
        self.shop = Workshop(
            settings=own,
            log=self.log,
            layout=layout,
            create=lambda: creator.create("incoming"),
            submit=self.jobs.append,
            wake_qmgr=self._wake,
            aliases=Aliases(maps, AddressRules(), own.local_rules, own.params),
            reports=Reports(self, "bounce", "trace", LineStyle()),
            remove_stale=lambda _queue_id: None,
            admission_delay=lambda: 0.0,
        )

    def _wake(self) -> None:
        self.wakeups += 1

    async def ask(self, _service: str, request: Request) -> bool:
        self.asked.append(request)
        return self.bounce_works

    def open(self, flags: int = 178) -> tuple[CleanupSession, Transport]:
        """Return a session that has its flags."""
        session, transport = CleanupSession(self.shop), Transport()
        session.connection_made(transport)
        session.data_received(attr.encode("flags", flags))
        return session, transport

    def commit(self) -> None:
        """Do what the committer would do."""
        jobs, self.jobs[:] = list(self.jobs), []
        if self.error is None:
            Committer(lambda _batch: None).commit(jobs)
        for job in jobs:
            if self.error is not None:
                job.error = self.error
                job.file.remove()
            assert job.done is not None
            job.done(job)
        self.log.flush()

    def files(self, queue: str = "incoming") -> list[str]:
        return os.listdir(self.root / queue)


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    yield lambda **values: World(tmp_path, values)


def verdict(transport: Transport) -> tuple[int, str]:
    """Return status and reason; the connection is closed."""
    reader = attr.ListReader()
    reader.feed(transport.written)
    assert attr.take(reader.next_list() or [], "protocol", "queue_id")[0] == "cleanup_protocol"
    status, reason = attr.take(reader.next_list() or [], "status", "reason")
    assert transport.is_closing()
    return int(status), reason


def test_the_id_is_told_before_the_client_speaks(make_world: Callable[..., World]) -> None:
    world = make_world()
    _, transport = world.open()
    (name,) = world.files()
    assert transport.written == attr.announcement("cleanup_protocol", "queue_id", name)


def test_the_answer_waits_for_the_disk(make_world: Callable[..., World]) -> None:
    world = make_world()
    session, transport = world.open()
    session.data_received(stream("u@relay.test"))
    assert transport.written.count(b"status") == 0
    assert world.wakeups == 0
    world.commit()
    assert verdict(transport) == (0, "")
    assert world.wakeups == 1
    (name,) = world.files()
    path = world.root / "incoming" / name
    assert path.stat().st_mode & 0o777 == 0o700
    fd = os.open(path, os.O_RDONLY)
    batch = EnvelopeReader(fd).read(10)
    os.close(fd)
    assert [item.address for item in batch.recipients] == ["u@relay.test"]
    session.connection_lost(None)
    assert world.files() == [name]


def test_a_held_message_does_not_wake_qmgr(make_world: Callable[..., World]) -> None:
    world = make_world()
    session, transport = world.open(178 | 4)
    session.data_received(stream("u@relay.test"))
    world.commit()
    assert verdict(transport) == (0, "")
    assert (world.files(), len(world.files("hold")), world.wakeups) == ([], 1, 0)


@pytest.mark.parametrize("octets", [b"", stream("u@relay.test")[:50], stream("u@relay.test")[:-1]])
def test_hanging_up_early_cancels(make_world: Callable[..., World], octets: bytes) -> None:
    world = make_world()
    session, _ = world.open()
    session.data_received(octets)
    (name,) = world.files()
    session.connection_lost(None)
    world.log.flush()
    assert world.files() == []
    assert world.lines[-1] == f"{name}: removed (canceled)"


def test_a_client_that_leaves_during_the_commit_has_sent_its_message(make_world: Callable[..., World]) -> None:
    world = make_world()
    session, _ = world.open()
    session.data_received(stream("u@relay.test"))
    session.connection_lost(None)
    world.commit()
    assert len(world.files()) == 1
    assert world.wakeups == 1


@pytest.mark.parametrize(
    ("number", "flags", "result"),
    [
        pytest.param(28, 178, (2, NO_SPACE), id="ENOSPC"),
        pytest.param(122, 178, (2, NO_SPACE), id="EDQUOT"),
        pytest.param(28, 178 & ~128, (2, ""), id="ENOSPC-and-the-client-wants-no-replies"),
        pytest.param(5, 178, (2, ""), id="EIO"),
        pytest.param(27, 178, (4, ""), id="EFBIG"),
    ],
)
def test_a_failed_write_is_the_client_s_business(
    make_world: Callable[..., World], number: int, flags: int, result: tuple[int, str]
) -> None:
    world = make_world()
    world.error = OSError(number, os.strerror(number))
    session, transport = world.open(flags)
    session.data_received(stream("u@relay.test"))
    world.commit()
    assert verdict(transport) == result
    assert (world.files(), world.wakeups) == ([], 0)
    assert any(line.startswith("warning: ") for line in world.lines)


def test_a_refused_message_leaves_no_file(make_world: Callable[..., World]) -> None:
    world = make_world()
    session, transport = world.open()
    session.data_received(stream())
    assert verdict(transport) == (64, "")
    assert (world.files(), world.jobs) == ([], [])


def test_a_discarded_message_is_accepted_and_gone(make_world: Callable[..., World]) -> None:
    world = make_world()
    session, transport = world.open(178 | 8)
    (name,) = world.files()
    session.data_received(stream("u@relay.test"))
    world.log.flush()
    assert verdict(transport) == (0, "")
    assert world.files() == []
    assert world.lines == [f"{name}: removed (discarded)"]


def test_a_big_message_is_written_while_it_comes(make_world: Callable[..., World]) -> None:
    world = make_world()
    session, transport = world.open()
    lines = tuple(b"%d " % number + b"z" * 1000 for number in range(2500))
    octets = stream("u@relay.test", lines=(b"Subject: big", b"", *lines))
    pieces = 0
    for start in range(0, len(octets), 65536):
        session.data_received(octets[start : start + 65536])
        if not transport.reading:
            assert len(world.jobs) == 1
            world.commit()
            assert transport.reading
            pieces += 1
    assert pieces == 2
    world.commit()
    assert verdict(transport) == (0, "")
    (name,) = world.files()
    found = (world.root / "incoming" / name).read_bytes()
    assert [data for _, kind, data in record.parse(found) if kind == RecordType.TEXT][-2500:] == list(lines)
    assert EnvelopeReader(os.open(world.root / "incoming" / name, os.O_RDONLY)).read(5).recipients[0].offset > 0


def test_a_disk_that_fills_up_ends_a_big_message_at_its_end(make_world: Callable[..., World]) -> None:
    world = make_world()
    world.error = OSError(28, "No space left on device")
    session, transport = world.open()
    octets = stream("u@relay.test", lines=(b"Subject: x", b"", *[b"z" * 1000] * 1200))
    session.data_received(octets[:-1])
    world.commit()
    assert not transport.is_closing()
    session.data_received(octets[-1:])
    assert verdict(transport) == (2, NO_SPACE)
    assert world.files() == []


def test_an_alias_that_cannot_be_looked_up(make_world: Callable[..., World]) -> None:
    world = make_world(virtual_alias_maps="fail:x")
    session, transport = world.open()
    session.data_received(stream("u@relay.test"))
    assert verdict(transport) == (2, "4.6.0 Alias expansion error")
    assert world.files() == []


def test_aliases_are_expanded_without_a_wait(make_world: Callable[..., World]) -> None:
    world = make_world(virtual_alias_maps="inline:{{l@x.test=a@x.test,b@x.test}}")
    session, transport = world.open()
    session.data_received(stream("l@x.test"))
    world.commit()
    assert verdict(transport) == (0, "")
    (name,) = world.files()
    fd = os.open(world.root / "incoming" / name, os.O_RDONLY)
    batch = EnvelopeReader(fd).read(10)
    os.close(fd)
    assert [item.address for item in batch.recipients] == ["a@x.test", "b@x.test"]
    assert {item.original for item in batch.recipients} == {"l@x.test"}


@pytest.mark.parametrize(("works", "status"), [(True, 0), (False, 18)])
def test_a_refused_message_of_a_local_user_is_returned(
    make_world: Callable[..., World], works: bool, status: int
) -> None:
    world = make_world(hopcount_limit="1")
    world.bounce_works = works
    session, transport = world.open(627)
    session.data_received(stream("u@relay.test", lines=(b"Received: x", b"", b"body")))
    world.commit()
    assert verdict(transport)[0] == status
    assert len(world.asked) == (2 if works else 1)
    assert world.files() == []


@pytest.mark.parametrize("cut", [1, 6, 8, 10])
def test_flags_may_come_in_pieces(make_world: Callable[..., World], cut: int) -> None:
    world = make_world()
    session, transport = CleanupSession(world.shop), Transport()
    session.connection_made(transport)
    octets = attr.encode("flags", 178) + stream("u@relay.test")
    session.data_received(octets[:cut])
    session.data_received(octets[cut:])
    world.commit()
    assert verdict(transport) == (0, "")


def test_octets_that_are_no_flags_end_the_session(make_world: Callable[..., World]) -> None:
    world = make_world()
    session, transport = CleanupSession(world.shop), Transport()
    session.connection_made(transport)
    session.data_received(attr.encode("nonsense", 1))
    assert transport.is_closing()
    session.connection_lost(None)
    assert world.files() == []


def test_what_follows_the_end_is_ignored(make_world: Callable[..., World]) -> None:
    world = make_world()
    session, transport = world.open()
    session.data_received(stream("u@relay.test") + b"rubbish")
    session.data_received(b"more" * 1000)
    world.commit()
    assert verdict(transport) == (0, "")


def test_mail_that_comes_too_fast_waits_for_its_id(tmp_path: Path) -> None:
    async def dialogue() -> bytes:
        world = World(tmp_path, {})
        shop = Workshop(
            **{**{name: getattr(world.shop, name) for name in Workshop.__slots__}, "admission_delay": lambda: 0.001}
        )
        session, transport = CleanupSession(shop), Transport()
        session.connection_made(transport)
        assert transport.written == b""
        turns = 0
        while not transport.written and turns < 100000:
            await asyncio.sleep(0)
            turns += 1
        session.connection_lost(None)
        return transport.written

    assert asyncio.run(dialogue()).startswith(b"protocol\0cleanup_protocol\0")
