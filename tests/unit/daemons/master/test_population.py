from __future__ import annotations

from pymail.daemons.master.children import Child
from pymail.daemons.master.population import End, Population
from pymail.server.status import State


def child(pid: int, index: int = 0) -> Child:
    return Child(pid, generation=1, index=index, cell=pid)


def with_children(count: int, limit: int = 3, *, multi_session: bool = True) -> Population:
    population = Population(limit, multi_session)
    for number in range(count):
        population.add(child(number, number))
    return population


def test_the_master_listens_until_a_process_is_available() -> None:
    population = Population(3, multi_session=False)
    assert population.wants_clients()
    first = child(1)
    population.add(first)
    assert not population.wants_clients()
    population.report(first, State.TAKEN)
    assert population.wants_clients()
    population.report(first, State.AVAILABLE)
    assert not population.wants_clients()


def test_the_master_does_not_listen_at_the_limit_or_while_throttled() -> None:
    population = with_children(2, limit=2)
    for one in population.children.values():
        population.report(one, State.TAKEN)
    assert not population.wants_clients()
    population.limit = 3
    assert population.wants_clients()
    population.throttled = True
    assert not population.wants_clients()


def test_no_limit_is_no_limit() -> None:
    population = with_children(500, limit=0)
    for one in population.children.values():
        population.report(one, State.TAKEN)
    assert population.wants_clients()


def test_a_failure_before_the_first_service_is_a_failed_start() -> None:
    population = with_children(1)
    population.report(population.children[0], State.TAKEN)
    assert population.end(0, clean=False) is End.FAILED_START


def test_a_later_failure_is_not() -> None:
    population = with_children(2)
    population.report(population.children[0], State.TAKEN)
    population.report(population.children[0], State.AVAILABLE)
    assert population.end(0, clean=False) is End.NORMAL
    assert population.end(1, clean=True) is End.NORMAL


def test_a_retiring_process_is_replaced_and_counts_no_more() -> None:
    population = with_children(1, limit=1)
    assert population.report(population.children[0], State.RETIRING)
    assert population.wants_clients()
    assert population.free_index() == 0
    assert population.free_cell() == 1  # its cell is in use
    assert not population.report(population.children[0], State.AVAILABLE)


def test_where_two_must_not_overlap_a_retiring_process_counts_to_its_end() -> None:
    population = Population(1, multi_session=True, overlaps=False)
    population.add(child(1))
    population.report(population.children[1], State.RETIRING)
    assert not population.wants_clients()
    population.retire_all()
    assert not population.wants_clients()
    population.end(1, clean=True)
    assert population.wants_clients()


def test_the_same_state_again_changes_nothing() -> None:
    population = with_children(1)
    assert not population.report(population.children[0], State.AVAILABLE)
    assert population.children[0].use_count == 0


def test_a_service_is_full_when_every_place_is_taken() -> None:
    population = with_children(2, limit=2)
    population.report(population.children[0], State.FULL)
    assert not population.is_full()
    population.report(population.children[1], State.TAKEN)
    assert not population.is_full()
    assert population.report(population.children[1], State.FULL)
    assert population.is_full()
    assert with_children(2, limit=2, multi_session=False).is_full()


def test_a_reload_replaces_workers_at_once_but_counts_single_clients_to_the_end() -> None:
    workers, singles = with_children(2, limit=2), with_children(2, limit=2, multi_session=False)
    workers.retire_all()
    singles.retire_all()
    assert workers.wants_clients()
    assert not singles.wants_clients()
    singles.end(0, clean=True)
    assert singles.wants_clients()


def test_the_warning_is_not_repeated_too_often() -> None:
    population = with_children(1)
    assert population.limit_warning_due(10)
    assert not population.limit_warning_due(1000)
    assert population.limit_warning_due(1010)
