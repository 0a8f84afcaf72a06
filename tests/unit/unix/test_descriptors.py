from __future__ import annotations

import os
import resource

from pymail.unix import descriptors
from tests.support.processes import in_child


def _open() -> set[int]:
    return {int(name) for name in os.listdir("/proc/self/fd") if os.path.lexists(f"/proc/self/fd/{name}")}


def test_only_the_kept_descriptors_stay() -> None:
    def run() -> None:
        kept = [os.dup2(0, number) for number in (7, 30)]
        os.dup2(0, 31)
        os.dup2(0, 400)
        descriptors.close_all_except([*kept, 1])
        assert _open() == {0, 1, 2, 7, 30}

    with in_child(run) as child:
        assert child.wait() == 0


def test_the_limit_is_raised_to_what_is_allowed() -> None:
    def run() -> None:
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
        assert descriptors.raise_limit(1000) == 1000
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 1000
        assert descriptors.raise_limit(500) == 1000

    with in_child(run) as child:
        assert child.wait() == 0


def test_streams_become_null() -> None:
    def run() -> None:
        descriptors.null_streams()
        assert [os.readlink(f"/proc/self/fd/{fd}") for fd in range(3)] == ["/dev/null"] * 3

    with in_child(run) as child:
        assert child.wait() == 0


def test_the_output_can_be_kept() -> None:
    def run() -> None:
        before = os.readlink("/proc/self/fd/1")
        descriptors.null_streams(keep_output=True)
        assert os.readlink("/proc/self/fd/0") == "/dev/null"
        assert os.readlink("/proc/self/fd/1") == before

    with in_child(run) as child:
        assert child.wait() == 0


def test_closed_streams_are_filled() -> None:
    def run() -> None:
        os.close(0)
        os.close(2)
        descriptors.fill_streams()
        assert {0, 1, 2} <= _open()

    with in_child(run) as child:
        assert child.wait() == 0
