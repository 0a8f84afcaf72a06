from __future__ import annotations

from pymail.server.tally import Tally, clear, new_page
from tests.support.processes import in_child


def test_successors_leave_out_what_a_retiring_process_still_has() -> None:
    page = new_page()
    with in_child(lambda: Tally(page, 3, 2).write(5)) as child:
        assert child.wait() == 0
    assert Tally(page, 0, 2).burden() == 3  # each of two workers, rounded up
    clear(page, 3)
    assert Tally(page, 0, 2).burden() == 0


def test_a_worker_does_not_count_itself() -> None:
    page = new_page()
    tally = Tally(page, 1, 1)
    tally.write(4)
    assert tally.burden() == 0
