"""Alias files, compared with Postfix's postalias."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.tables.alias_source import alias_entries
from pymail.tables.source import SourceRules
from tests.support.strategies import address_text

RULES = SourceRules()


def entries(line: str, rules: SourceRules = RULES) -> tuple[list[tuple[str, str]], list[str]]:
    warnings: list[str] = []
    return [(key, value) for _, key, value in alias_entries("f", [(3, line)], rules, warnings.append)], warnings


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        pytest.param("a: b", "a", "b", id="plain"),
        pytest.param("A:b", "a", "b", id="folded"),
        pytest.param('"a b": c, "|x y", :include:/x y', "a b", 'c, "|x y", :include:/x y', id="quoted-name"),
        pytest.param("b c: d", "b c", "d", id="two-atoms"),
        pytest.param('f (comment): "a  b" <x@y>, y (c)', "f (comment)", '"a  b" <x@y>, y (c)', id="comments"),
        pytest.param('x: y z@w , "|/bin/sh -c \\"x\\"" ', "x", 'y z@w, "|/bin/sh -c \\"x\\""', id="command"),
        pytest.param('x: |"/bin/cmd -a", y', "x", '|"/bin/cmd -a", y', id="command-with-bar-before-the-quotes"),
        pytest.param("m\\ n: f", "m n", "f", id="escaped-blank"),
        pytest.param("b: Foo Bar <foo@bar>", "b", "Foo Bar <foo@bar>", id="phrase"),
        pytest.param("gg: grp: a,b;", "gg", "grp:a, b;", id="group"),
        pytest.param('"": q', "", "q", id="empty-name"),
    ],
)
def test_aliases(line: str, key: str, value: str) -> None:
    assert entries(line) == ([(key, value)], [])


@pytest.mark.parametrize("line", [pytest.param("z:", id="no-value"), pytest.param("none", id="no-colon"), ": foo"])
def test_a_line_without_name_or_value_is_left_out(line: str) -> None:
    assert entries(line) == ([], ["f, line 3: need name:value pair"])


def test_a_name_is_local() -> None:
    assert entries("a@b: c") == ([], ["f, line 3: name must be local"])
    assert entries("a@b: c", SourceRules(ignoring=" -- ignoring this line"))[1] == [
        "f, line 3: name must be local and have no domain part -- ignoring this line"
    ]


@given(address_text)
def test_any_line_is_read_without_error(line: str) -> None:
    found, warnings = entries(line)
    assert len(found) + len(warnings) <= 1


@given(st.text(st.sampled_from(list("ab \"'|:@\\é")), min_size=1, max_size=10))
def test_a_quoted_name_comes_out_as_it_was(name: str) -> None:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    assert entries(f'"{escaped}": x') == ([(name.casefold(), "x")], [])
