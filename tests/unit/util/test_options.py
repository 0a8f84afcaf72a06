"""Options as getopt(3) takes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.util.options import OptionError, parse_options


@pytest.mark.parametrize(
    ("arguments", "pairs", "rest"),
    [
        pytest.param([], [], [], id="nothing"),
        pytest.param(["-a", "-b"], [("a", ""), ("b", "")], [], id="two"),
        pytest.param(["-ab"], [("a", ""), ("b", "")], [], id="joined"),
        pytest.param(["-fx", "-f", "y"], [("f", "x"), ("f", "y")], [], id="values"),
        pytest.param(["-afx"], [("a", ""), ("f", "x")], [], id="value-behind-flag"),
        pytest.param(["-f", "-a"], [("f", "-a")], [], id="value-like-an-option"),
        pytest.param(["-a", "x", "-b"], [("a", "")], ["x", "-b"], id="argument-ends-them"),
        pytest.param(["-a", "--", "-b"], [("a", "")], ["-b"], id="two-dashes"),
        pytest.param(["-", "-a"], [], ["-", "-a"], id="one-dash"),
        pytest.param(["-q", "-a"], [("q", ""), ("a", "")], [], id="alone"),
        pytest.param(["-q30", "x"], [("q", "30")], ["x"], id="alone-with-value"),
    ],
)
def test_options_and_arguments_are_split(arguments: list[str], pairs: list[tuple[str, str]], rest: list[str]) -> None:
    assert parse_options(arguments, "abf:q:", alone="q") == (pairs, rest)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        pytest.param(["-z"], "invalid option -- 'z'", id="unknown"),
        pytest.param(["-a:"], "invalid option -- ':'", id="colon"),
        pytest.param(["-f"], "option requires an argument -- 'f'", id="no-value"),
    ],
)
def test_wrong_options_are_told(arguments: list[str], text: str) -> None:
    with pytest.raises(OptionError, match=text):
        parse_options(arguments, "abf:")


@given(st.lists(st.text(st.sampled_from("-abf:x"), max_size=4), max_size=6))
def test_no_command_line_raises_anything_else(arguments: list[str]) -> None:
    try:
        pairs, rest = parse_options(arguments, "abf:")
    except OptionError:
        return
    assert all(letter in "abf" for letter, _value in pairs)
    assert arguments[len(arguments) - len(rest) :] == rest
