"""pymail.util.units"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.util.units import parse_boolean, parse_integer, parse_time, time_unit


@pytest.mark.parametrize(
    ("text", "unit", "seconds"),
    [
        pytest.param("300", "s", 300, id="bare-seconds"),
        pytest.param("5", "d", 432000, id="bare-number-in-the-default-unit"),
        pytest.param("5h", "d", 18000, id="unit-before-default"),
        pytest.param("1h30m", "s", 5400, id="sum"),
        pytest.param("1W", "s", 604800, id="capital"),
        pytest.param("0", "s", 0, id="zero"),
    ],
)
def test_a_duration_is_read(text: str, unit: str, seconds: int) -> None:
    assert parse_time(text, unit) == seconds


@pytest.mark.parametrize("text", ["", "5x", "5 d", "-5", "d", "99999999d", "5ss", "٣", "9" * 5000])
def test_a_bad_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="time|number|unit"):
        parse_time(text, "s")


@given(st.text(max_size=20))
def test_no_text_raises_an_undeclared_error(text: str) -> None:
    for parse in (parse_time, parse_integer, parse_boolean):
        try:
            parse(text)
        except ValueError:
            continue


@given(st.integers(-(2**31), 2**31 - 1))
def test_an_integer_that_fits_is_read(value: int) -> None:
    assert parse_integer(str(value)) == value


@pytest.mark.parametrize("text", ["", "1x", "-1x", "99999999999", "1.5", "-", "٣", "²"])
def test_a_bad_integer_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        parse_integer(text)


def test_yes_and_no_are_read_in_any_case() -> None:
    assert [parse_boolean(text) for text in ("yes", "YES", "no", "No")] == [True, True, False, False]


@pytest.mark.parametrize(("default", "unit"), [("5d", "d"), ("${stress?{10}:{300}}s", "s"), ("300", "s"), ("0h", "h")])
def test_the_unit_of_a_default(default: str, unit: str) -> None:
    assert time_unit(default) == unit
