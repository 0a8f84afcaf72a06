"""The text transport:nexthop."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.daemons.trivial_rewrite.transport import Route, parse_route


@pytest.mark.parametrize(
    ("text", "route"),
    [
        pytest.param("smtp:[mx.test]:25", Route("smtp", "[mx.test]:25"), id="both"),
        pytest.param("smtp:[::1]:25", Route("smtp", "[::1]:25"), id="only-the-first-colon-counts"),
        pytest.param("local:", Route("local", ""), id="no-nexthop"),
        pytest.param("local", Route("local", ""), id="no-colon"),
        pytest.param(":mx.test", Route("", "mx.test"), id="no-transport"),
        pytest.param("error:5.1.1 go away: now", Route("error", "5.1.1 go away: now"), id="text"),
        pytest.param("", Route("", ""), id="empty"),
    ],
)
def test_a_route_is_split_at_its_first_colon(text: str, route: Route) -> None:
    assert parse_route(text) == route


@given(st.text(max_size=30).filter(lambda text: ":" in text))
def test_nothing_of_a_route_is_lost(text: str) -> None:
    route = parse_route(text)
    assert f"{route.transport}:{route.nexthop}" == text
    assert ":" not in route.transport
