"""The order of deliveries."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pymail.daemons.qmgr.destination import Destination, Entry
from pymail.daemons.qmgr.feedback import Rules
from pymail.daemons.qmgr.limits import TransportLimits
from pymail.daemons.qmgr.message import Message
from pymail.daemons.qmgr.transport import Transport
from pymail.mail.envelope import Recipient
from tests.support.qmgr_world import make_message


def make_transport(initial: int = 2) -> Transport:
    return Transport("smtp", TransportLimits(rules=Rules(initial=initial)))


def destination_of(transport: Transport, name: str) -> Destination:
    if name not in transport.destinations:
        transport.destinations[name] = Destination(transport, name, name)
    return transport.destinations[name]


def add(transport: Transport, message: Message, name: str) -> Entry:
    entry = Entry(message, destination_of(transport, name), (Recipient("u@" + name),))
    transport.schedule.add(entry)
    return entry


def test_the_first_message_is_served_first() -> None:
    transport = make_transport(initial=5)
    first, second = make_message(rank=1), make_message(rank=2)
    add(transport, second, "b")
    add(transport, second, "c")
    add(transport, first, "a")
    add(transport, first, "b")
    taken = [transport.schedule.take() for _ in range(5)]
    assert [entry.message.rank if entry else 0 for entry in taken] == [1, 1, 2, 2, 0]


def test_destinations_of_one_message_take_turns() -> None:
    transport = make_transport(initial=5)
    message = make_message()
    for name in ("a", "a", "a", "b", "b"):
        add(transport, message, name)
    order = []
    while (entry := transport.schedule.take()) is not None:
        order.append(entry.destination.name)
    assert order == ["a", "b", "a", "b", "a"]


def test_a_full_window_is_passed_over() -> None:
    transport = make_transport(initial=1)
    first, second = make_message(rank=1), make_message(rank=2)
    add(transport, first, "a")
    add(transport, first, "a")
    add(transport, second, "b")
    assert transport.schedule.deliverable == 2
    taken = [transport.schedule.take() for _ in range(3)]
    assert [entry.destination.name if entry else "" for entry in taken] == ["a", "b", ""]
    destination = destination_of(transport, "a")
    destination.busy -= 1
    transport.schedule.update(destination)
    assert transport.schedule.deliverable == 1
    entry = transport.schedule.take()
    assert entry is not None
    assert entry.destination is destination


def test_later_recipients_of_an_early_message_keep_its_place() -> None:
    transport = make_transport(initial=5)
    first, second = make_message(rank=1), make_message(rank=2)
    add(transport, second, "a")
    add(transport, second, "a")
    add(transport, first, "a")
    entry = transport.schedule.take()
    assert entry is not None
    assert entry.message is first


def test_what_was_not_handed_over_comes_first_again() -> None:
    transport = make_transport(initial=5)
    message = make_message()
    first = add(transport, message, "a")
    add(transport, message, "a")
    assert transport.schedule.take() is first
    transport.schedule.put_back(first)
    assert first.destination.busy == 0
    assert transport.schedule.take() is first


def test_a_destination_that_waits_for_nothing_gives_nothing() -> None:
    transport = make_transport()
    entry = add(transport, make_message(), "a")
    assert transport.schedule.take_waiting(entry.destination) == [entry]
    assert transport.schedule.take() is None
    assert transport.schedule.deliverable == 0
    assert entry.destination.is_idle


def test_a_suspended_destination_waits() -> None:
    transport = make_transport()
    entry = add(transport, make_message(), "a")
    entry.destination.suspended = True
    transport.schedule.update(entry.destination)
    assert transport.schedule.take() is None
    entry.destination.suspended = False
    transport.schedule.update(entry.destination)
    assert transport.schedule.take() is entry


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(1, 5), st.sampled_from("abc")),
        st.tuples(st.sampled_from(["take", "done", "fail", "back"]), st.just(0), st.just("")),
        st.tuples(st.sampled_from(["revive"]), st.just(0), st.sampled_from("abc")),
    ),
    max_size=60,
)


@given(STEPS)
def test_no_entry_is_lost_or_given_twice(steps: list[tuple[str, int, str]]) -> None:
    transport = make_transport()
    schedule = transport.schedule
    messages = {rank: make_message(rank=rank) for rank in range(1, 6)}
    waiting: set[Entry] = set()
    running: list[Entry] = []
    for action, rank, name in steps:
        if action == "add":
            waiting.add(add(transport, messages[rank], name))
        elif action == "take":
            entry = schedule.take()
            assert (entry is None) == (schedule.deliverable == 0 and entry is None)
            if entry is not None:
                waiting.remove(entry)
                running.append(entry)
                assert entry.destination.busy <= entry.destination.window.size
        elif action == "revive":
            destination = destination_of(transport, name)
            destination.window.revive(destination.busy)
            schedule.update(destination)
        elif running:
            entry = running.pop(0)
            if action == "back":
                schedule.put_back(entry)
                waiting.add(entry)
                continue
            if action == "fail":
                entry.destination.window.fail()
            else:
                entry.destination.window.succeed(entry.destination.busy)
            entry.destination.busy -= 1
            schedule.update(entry.destination)
        expected = sum(destination.free() for destination in transport.destinations.values())
        assert schedule.deliverable == expected
    left: set[Entry] = set()
    for destination in transport.destinations.values():
        left.update(schedule.take_waiting(destination))
    assert left == waiting
