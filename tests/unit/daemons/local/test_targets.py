"""What an alias lists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.daemons.local.targets import Target, TargetKind, parse_targets

ADDRESS, COMMAND, FILE, INCLUDE = TargetKind.ADDRESS, TargetKind.COMMAND, TargetKind.FILE, TargetKind.INCLUDE


@pytest.mark.parametrize(
    ("value", "targets"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("root", [Target(ADDRESS, "root")], id="name"),
        pytest.param("a, b@c", [Target(ADDRESS, "a"), Target(ADDRESS, "b@c")], id="list"),
        pytest.param("Joe <j@x>", [Target(ADDRESS, "j@x")], id="phrase"),
        pytest.param('"|prog a b"', [Target(COMMAND, "prog a b")], id="quoted-command"),
        pytest.param("|prog", [Target(COMMAND, "prog")], id="command"),
        pytest.param("/file/x", [Target(FILE, "/file/x")], id="file"),
        pytest.param(":include:/etc/list", [Target(INCLUDE, "/etc/list")], id="include"),
        pytest.param('"a b"@c', [Target(ADDRESS, '"a b"@c')], id="quoted-address"),
    ],
)
def test_members(value: str, targets: list[Target]) -> None:
    assert parse_targets(value) == targets


@given(st.text(max_size=60))
def test_any_text_is_some_list(value: str) -> None:
    assert all(isinstance(target, Target) for target in parse_targets(value))
