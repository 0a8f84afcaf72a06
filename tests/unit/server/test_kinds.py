from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.server import kinds


@pytest.mark.parametrize(
    ("program", "maxproc", "expected"),
    [
        pytest.param("smtpd", 100, 2, id="multi-session"),
        pytest.param("smtpd", 1, 1, id="fewer-than-the-worker-limit"),
        pytest.param("smtpd", 0, 2, id="unlimited"),
        pytest.param("cleanup", 0, 1, id="cleanup-has-one"),
        pytest.param("qmgr", 1, 1, id="qmgr-has-one"),
        pytest.param("local", 100, 100, id="one-client-each"),
        pytest.param("local", 0, 0, id="one-client-each-unlimited"),
    ],
)
def test_a_service_has_so_many_workers(program: str, maxproc: int, expected: int) -> None:
    assert kinds.worker_limit(program, maxproc, 2) == expected


@given(maxproc=st.integers(1, 1000), limit=st.integers(1, 32))
def test_the_shares_of_all_workers_add_up_to_maxproc(maxproc: int, limit: int) -> None:
    workers = kinds.worker_limit("smtpd", maxproc, limit)
    shares = [kinds.share("smtpd", maxproc, workers, index) for index in range(workers)]
    assert sum(shares) == maxproc
    assert min(shares) >= 1


@pytest.mark.parametrize(
    ("program", "maxproc", "expected"),
    [
        pytest.param("local", 100, 1, id="one-client-at-a-time"),
        pytest.param("smtpd", 0, 0, id="no-limit"),
        pytest.param("anvil", 1, 0, id="one-process-for-all-clients"),
    ],
)
def test_a_worker_has_the_share(program: str, maxproc: int, expected: int) -> None:
    assert kinds.share(program, maxproc, 1, 0) == expected


@pytest.mark.parametrize(
    ("program", "expected"), [("smtpd", True), ("qmgr", False), ("pickup", False), ("local", False)]
)
def test_only_some_processes_may_live_beside_their_successor(program: str, expected: bool) -> None:
    assert kinds.may_overlap(program) == expected


def test_another_name_of_a_program_leads_to_its_package() -> None:
    assert kinds.package("lmtp") == "smtp"
    assert kinds.package("trivial-rewrite") == "trivial_rewrite"
