"""The C library's regular expressions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.tables.posix_regex import EXTENDED, ICASE, PosixRegexLibrary, RegexError

LIBRARY = PosixRegexLibrary()


@pytest.mark.parametrize(
    ("pattern", "flags", "text", "matches"),
    [
        pytest.param("^[[:digit:]]+$", EXTENDED, b"123", True, id="posix-class"),
        pytest.param("abc", EXTENDED, b"ABC", False, id="case-counts"),
        pytest.param("abc", EXTENDED | ICASE, b"xABCx", True, id="case-does-not-count"),
        pytest.param("a+", 0, b"aa", False, id="basic-syntax"),
        pytest.param("^b", EXTENDED, b"a\nb", False, id="newline-is-a-character"),
        pytest.param("^b", EXTENDED | LIBRARY.newline, b"a\nb", True, id="newline-ends-a-line"),
        pytest.param("^..$", EXTENDED, "é".encode(), True, id="octets-not-characters"),
        pytest.param("a(x|xy)b", EXTENDED, b"axyb", True, id="alternatives"),
    ],
)
def test_matches(pattern: str, flags: int, text: bytes, matches: bool) -> None:
    assert LIBRARY.compile(pattern, flags).matches(text) is matches


def test_groups() -> None:
    regex = LIBRARY.compile("^(a)(b)?(c*)", EXTENDED)
    assert regex.subexpressions == 3
    assert regex.groups(b"acc!") == [b"acc", b"a", b"", b"cc"]
    assert regex.groups(b"x") is None


def test_the_longest_alternative_is_found() -> None:
    regex = LIBRARY.compile("(x|xy|xyz)", EXTENDED)
    assert regex.groups(b"xyz") == [b"xyz", b"xyz"]


def test_a_bad_pattern_is_refused() -> None:
    with pytest.raises(RegexError):
        LIBRARY.compile("(", EXTENDED)


def test_subexpressions_are_counted_without_results() -> None:
    assert LIBRARY.compile("(a)(b)", EXTENDED | LIBRARY.nosub).subexpressions == 2


@given(st.text(st.sampled_from(list("ab()[]*+?|^$.\\{}1,-:é")), max_size=12), st.binary(max_size=20))
def test_any_pattern_compiles_or_is_refused(pattern: str, text: bytes) -> None:
    text = text.replace(b"\0", b"")
    try:
        regex = LIBRARY.compile(pattern, EXTENDED)
    except RegexError as error:
        assert str(error)
        return
    groups = regex.groups(text)
    assert regex.matches(text) is (groups is not None)
    assert groups is None or (len(groups) == regex.subexpressions + 1 and groups[0] in text)
