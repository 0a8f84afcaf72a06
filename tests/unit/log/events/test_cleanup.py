from __future__ import annotations

import pytest

from pymail.log.events import cleanup as events


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (events.message_id("A1", "<x@y>"), "A1: message-id=<x@y>"),
        (events.message_id("A1", "<x@y>", resent=True), "A1: resent-message-id=<x@y>"),
        (events.removed("A1", "canceled"), "A1: removed (canceled)"),
        (events.hop_count_exceeded("A1"), "A1: message rejected: hopcount exceeded"),
        (events.size_limit_exceeded("A1"), "A1: queue file size limit exceeded"),
        (
            events.map_problem("A1", "virtual_alias_maps", "u@x"),
            "A1: virtual_alias_maps map lookup problem for u@x -- message not accepted, try again later",
        ),
        (
            events.map_nesting("A1", "virtual_alias_maps", "u@x"),
            "A1: unreasonable virtual_alias_maps map nesting for u@x -- message not accepted, try again later",
        ),
        (
            events.map_expansion("A1", "virtual_alias_maps", "u@x"),
            "A1: unreasonable virtual_alias_maps map expansion size for u@x -- message not accepted, try again later",
        ),
    ],
)
def test_the_words_are_those_of_postfix(line: str, text: str) -> None:
    assert line == text


def test_a_long_result_is_cut() -> None:
    line = events.map_result_length("A1", "virtual_alias_maps", "r" * 1000, "u@x")
    assert line.startswith("A1: unreasonable virtual_alias_maps result rrr")
    assert line.count("r" * 300 + "...") == 1
    assert "r" * 301 not in line
