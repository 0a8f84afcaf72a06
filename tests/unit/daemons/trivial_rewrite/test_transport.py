"""`transport:nexthop`."""

from __future__ import annotations

import pytest

from pymail.daemons.trivial_rewrite.transport import FAULT_TRANSPORTS, Route, parse_route


@pytest.mark.parametrize(
    ("text", "route"),
    [
        ("smtp:[h]:25", Route("smtp", "[h]:25")),
        ("smtp:", Route("smtp", "")),
        ("smtp", Route("smtp", "")),
        (":h", Route("", "h")),
        (":", Route("", "")),
        ("error:5.1.1 no: really", Route("error", "5.1.1 no: really")),
    ],
)
def test_forms(text: str, route: Route) -> None:
    assert parse_route(text) == route


def test_reports_have_no_next_hop() -> None:
    assert {"error", "retry"} == FAULT_TRANSPORTS
