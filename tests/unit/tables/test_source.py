"""Sources of tables: `key value` lines and lists of rules. The cases were compared with Postfix 3.7."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.tables.base import TableOpenError
from pymail.tables.source import SourceRules, inline_lines, key_end, numbered_lines, postmap_entries, read_source
from tests.support.strategies import any_text

RULES = SourceRules()


def entries(text: str, rules: SourceRules = RULES) -> tuple[list[tuple[str, str]], list[str]]:
    warnings: list[str] = []
    lines = numbered_lines("f", text.splitlines(keepends=True), warnings.append)
    return [(key, value) for _, key, value in postmap_entries("f", lines, rules, warnings.append)], warnings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a b\n", [("a", "b")], id="plain"),
        pytest.param("K v1\n# c\n   v2  \n\n\tv3\n", [("k", "v1   v2  \tv3")], id="continued"),
        pytest.param('"a b"@c d\n', [('"a b"@c', "d")], id="quoted-key"),
        pytest.param('"q"x r\n', [('"q"x', "r")], id="quotes-inside"),
        pytest.param('"a\\"b" v\n', [('"a\\"b"', "v")], id="escaped-quote"),
        pytest.param("a\xa0b c\u2003d\n", [("a\xa0b", "c\u2003d")], id="only-ascii-blanks-separate"),
        pytest.param("k\tval\0nul\n", [("k", "val")], id="cut-at-nul"),
        pytest.param('e "a b" \n', [("e", '"a b"')], id="quotes-in-the-value"),
    ],
)
def test_entries(text: str, expected: list[tuple[str, str]]) -> None:
    assert entries(text) == (expected, [])


@pytest.mark.parametrize(
    ("text", "warning", "left"),
    [
        pytest.param('"un e\n', "f, line 1: unbalanced '\"' in '\"un e' -- ignoring this line", 0, id="open-quote"),
        pytest.param("noval\n", "f, line 1: expected format: key whitespace value", 0, id="no-value"),
        pytest.param(
            "x: y\n", 'f, line 1: record is in "key: value" format; is this an alias file?', 1, id="alias-format"
        ),
        pytest.param("\udcff\udcfe b \n", 'f, line 1: non-UTF-8 input "?? b " -- ignoring this line', 0, id="not-utf8"),
        pytest.param(
            "  lead x and a very long text that is cut\n",
            'f: logical line must not start with whitespace: "  lead x and a very long text ..."',
            0,
            id="nothing-to-continue",
        ),
    ],
)
def test_bad_lines_are_left_out_with_a_warning(text: str, warning: str, left: int) -> None:
    found, warnings = entries(text)
    assert (len(found), warnings) == (left, [warning])


def test_texthash_says_that_it_ignores_the_line() -> None:
    assert entries("noval\n", SourceRules(ignoring=" -- ignoring this line"))[1] == [
        "f, line 1: expected format: key whitespace value -- ignoring this line"
    ]


def test_keys_keep_their_case_without_folding() -> None:
    assert entries("Key V\n", SourceRules(fold=False))[0] == [("Key", "V")]


def test_a_file_tells_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "source"
    path.write_bytes(b"a b\n\xff c\n")
    source = read_source(str(path))
    assert source.owner == path.stat().st_uid
    assert [text for _, text in source.lines(lambda _: None)] == ["a b", "\udcff c"]


def test_a_missing_file_is_an_error() -> None:
    with pytest.raises(TableOpenError, match=r"^open file /nonexistent/x: No such file or directory$"):
        read_source("/nonexistent/x", "open file")


def test_inline_rules_are_numbered() -> None:
    assert list(inline_lines("cidr", "{ {a b}, {c d} }")) == [(1, "a b"), (2, "c d")]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        pytest.param("{1.2.3.0/24 x}", "cidr map: no '{' at start of text in \"1.2.3.0/24\"", id="no-inner-braces"),
        pytest.param("{{1.2.3.0/24", "cidr map: missing '}' in \"{{1.2.3.0/24\"", id="open"),
    ],
)
def test_bad_inline_rules_are_refused(name: str, error: str) -> None:
    with pytest.raises(TableOpenError) as caught:
        inline_lines("cidr", name)
    assert str(caught.value) == error


@given(st.lists(any_text, max_size=8).map("\n".join))
def test_any_source_is_read_without_error(text: str) -> None:
    found, _ = entries(text)
    assert all(key and value for key, value in found)


@given(any_text)
def test_a_key_ends_inside_the_line(text: str) -> None:
    end = key_end(text.strip())
    assert end is None or 0 <= end <= len(text.strip())


plain_words = st.text(
    st.characters(codec="utf-8", exclude_categories=("Z", "C"), exclude_characters='"\\#'), min_size=1
)


@given(
    st.dictionaries(plain_words.map(str.casefold).filter(lambda key: not key.endswith(":")), plain_words, max_size=8)
)
def test_what_is_written_as_a_source_is_read_again(table: dict[str, str]) -> None:
    text = "".join(f"{key} {value}\n" for key, value in table.items())
    found, _ = entries(text)
    assert dict(found) == {key.casefold(): value for key, value in table.items()}
