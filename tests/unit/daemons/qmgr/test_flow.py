"""Tokens of in_flow_delay."""

from __future__ import annotations

import pytest

from pymail.daemons.qmgr.flow import TokenKeeper
from tests.support.qmgr_world import FakePipe


def test_a_message_is_worth_a_token() -> None:
    pipe = FakePipe(3)
    TokenKeeper(pipe, 10).message_taken()
    assert pipe.tokens == 4


@pytest.mark.parametrize(
    ("before", "empty", "after"),
    [
        pytest.param(0, True, 10, id="filled-up-when-nothing-waits"),
        pytest.param(4, False, 4, id="kept-while-mail-waits"),
        pytest.param(12, False, 10, id="excess-is-taken-out"),
    ],
)
def test_the_number_of_tokens_is_kept(before: int, empty: bool, after: int) -> None:
    pipe = FakePipe(before)
    TokenKeeper(pipe, 10).balance(incoming_is_empty=empty)
    assert pipe.tokens == after


def test_no_pipe_no_tokens() -> None:
    keeper = TokenKeeper(None, 10)
    keeper.message_taken()
    assert keeper.balance(incoming_is_empty=True) is None  # type: ignore[func-returns-value]  # it does nothing
