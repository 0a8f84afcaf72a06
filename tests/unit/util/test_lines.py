"""pymail.util.lines"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.util.lines import grouped_lines, logical_lines, split_assignment


def test_a_logical_line_has_the_number_of_its_first_physical_line() -> None:
    text = "# top\n\na = 1,\n   2,\n# inside\n \t\n\t3\nb = 4\n"
    assert list(logical_lines(text.splitlines(keepends=True))) == [(3, "a = 1,   2,\t3"), (8, "b = 4")]


def test_a_continuation_without_a_start_is_given_to_the_callback() -> None:
    misplaced: list[tuple[int, str]] = []
    lines = list(logical_lines([" foo=1", "  more", "x=1"], lambda number, text: misplaced.append((number, text))))
    assert lines == [(3, "x=1")]
    assert misplaced[0] == (1, " foo=1")


def test_groups_leave_out_the_comments_in_between() -> None:
    assert list(grouped_lines(["a", "# c", " b", "d"])) == [([1, 3], "a b"), ([4], "d")]


@given(st.text(alphabet="ab=# \t\n", max_size=60))
def test_each_physical_line_belongs_to_one_group_at_most(text: str) -> None:
    lines = text.split("\n")
    numbers = [number for group, _ in grouped_lines(lines) for number in group]
    assert numbers == sorted(set(numbers))
    for group, joined in grouped_lines(lines):
        assert joined == "".join(lines[number - 1] for number in group)


def test_an_assignment_is_split_and_trimmed() -> None:
    assert split_assignment(" a \t=  b = c ") == ("a", "b = c")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("foo", "missing '=' after attribute name: \"foo\""),
        ("foo bar = 3", "missing '=' after attribute name: \"foo bar = 3\""),
        ("= 5", 'missing attribute name: "= 5"'),
    ],
)
def test_what_is_no_assignment_is_named(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match="missing") as caught:
        split_assignment(text)
    assert str(caught.value) == problem
