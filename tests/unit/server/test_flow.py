from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from pymail.server.flow import FlowPipe


@pytest.fixture(name="pipe")
def _pipe() -> Iterator[FlowPipe]:
    read_fd, write_fd = os.pipe2(os.O_NONBLOCK)
    yield FlowPipe(read_fd, write_fd)
    os.close(read_fd)
    os.close(write_fd)


def test_a_new_pipe_has_no_token(pipe: FlowPipe) -> None:
    assert pipe.count() == 0
    assert not pipe.take()


def test_tokens_are_taken_one_by_one(pipe: FlowPipe) -> None:
    pipe.put(2)
    assert [pipe.take(), pipe.take(), pipe.take()] == [True, True, False]


def test_an_excess_is_drained(pipe: FlowPipe) -> None:
    pipe.put(10)
    pipe.drain(7)
    assert pipe.count() == 3


def test_a_full_pipe_takes_no_more_and_does_not_block(pipe: FlowPipe) -> None:
    for _ in range(100):
        pipe.put(4096)
    assert 0 < pipe.count() < 100 * 4096
