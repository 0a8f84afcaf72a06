"""The lines of postsuper, as Postfix logs them."""

from __future__ import annotations

import pytest

from pymail.log.events import postsuper as events


def test_a_message_is_named_with_what_was_done() -> None:
    assert events.done("E48B154024E", "placed on hold") == "E48B154024E: placed on hold"


@pytest.mark.parametrize(
    ("count", "line"), [(0, "Deleted: 0 messages"), (1, "Deleted: 1 message"), (2, "Deleted: 2 messages")]
)
def test_the_count_is_told(count: int, line: str) -> None:
    assert events.summary("Deleted", count) == line
