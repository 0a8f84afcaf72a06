"""regexp: tables, compared with Postfix 3.7."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.tables.base import DEFAULT_OPTIONS, TableOpenError, TableOptions
from pymail.tables.regexp import RegexpTable, open_regexp, parse_regexp
from tests.support.strategies import any_text
from tests.support.tables import Lines


def table(rules: str, options: TableOptions = DEFAULT_OPTIONS) -> tuple[RegexpTable, list[str]]:
    log = Lines()
    steps = parse_regexp("f", enumerate(rules.splitlines(), 1), log, options)
    return RegexpTable("regexp:f", steps, options, 0), log.lines


RULES = """\
/^a(b)?c$/ r $1 ${1} $(1) $$ x
!/[xyq\\/1nkm]/ negated
/y/!/z/ yes not z
if /q/
/q1/ one
if !/r/
/q/ qnotr
endif
endif
| alt |  pipe
/m/mi  m
/n\\/b/x  slash
 /k/ kk
"""


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("ABC", "r B B B $ x", id="groups"),
        pytest.param("ac", "r    $ x", id="group-without-part"),
        pytest.param("bbb", "negated", id="negated"),
        pytest.param("yx", "yes not z", id="but-not"),
        pytest.param("yz", None, id="but-not-excludes"),
        pytest.param("q1x", "one", id="in-a-block"),
        pytest.param("qx", "qnotr", id="nested"),
        pytest.param("qr", None, id="no-rule-of-the-block"),
        pytest.param("1 alt m", "pipe", id="other-delimiter"),
        pytest.param("m", "m", id="flag-toggles-twice"),
        pytest.param("n/b", "slash", id="escaped-delimiter"),
        pytest.param("K", "kk", id="indented-inside-the-text"),
    ],
)
def test_the_first_match_gives_the_result(key: str, value: str | None) -> None:
    found, warnings = table(RULES)
    assert warnings == []
    assert found.lookup(key) == value


@pytest.mark.parametrize(
    ("rule", "warnings"),
    [
        pytest.param("!", ["no regexp: skipping this rule"], id="no-pattern"),
        pytest.param("/nodelim foo", ['no closing regexp delimiter "/": skipping this rule'], id="open"),
        pytest.param("/a/q foo", ['unknown regexp option "q": skipping this rule'], id="flag"),
        pytest.param("/a/ $2", ['out of range replacement index "2": skipping this rule'], id="range"),
        pytest.param(
            "!/a/ $1",
            ["$number found in negative match replacement text: skipping this rule"],
            id="number-in-a-negated-rule",
        ),
        pytest.param(
            "/(a)/ $1y",
            ['non-numeric replacement index "1y"', "bad replacement syntax: skipping this rule"],
            id="replacement",
        ),
        pytest.param("foo bar", ["ignoring unrecognized request"], id="no-rule"),
        pytest.param("/zzz/", ["no replacement text: using empty string"], id="no-result"),
        pytest.param("endif", ["ignoring ENDIF without matching IF"], id="endif-alone"),
        pytest.param("endif x", ["ignoring extra text after ENDIF", "ignoring ENDIF without matching IF"], id="extra"),
    ],
)
def test_a_bad_rule_is_left_out_in_postfix_words(rule: str, warnings: list[str]) -> None:
    found, log = table(f"{rule}\n/./ all\n")
    assert log == [f"warning: regexp map f, line 1: {text}" for text in warnings]
    assert found.lookup("x") == "all"


def test_an_if_with_more_behind_it_and_without_an_end_is_named() -> None:
    found, log = table("if /w/ extra\n/x/ y\n")
    assert log == [
        'warning: regexp map f, line 1: ignoring extra text after IF statement: "extra"',
        "warning: regexp map f, line 1: do not prepend whitespace to statements between IF and ENDIF",
        "warning: regexp map f, line 1: IF has no matching ENDIF",
    ]
    assert (found.lookup("wx"), found.lookup("x")) == ("y", None)


def test_a_pattern_that_does_not_compile_is_left_out() -> None:
    found, log = table("/[/ bad\n/./ all\n")
    assert len(log) == 1
    assert log[0].startswith("warning: regexp map f, line 1: ")
    assert found.lookup("x") == "all"


def test_substitution_can_be_forbidden() -> None:
    found, log = table("/(a)/ $1\n/a/ plain\n", TableOptions(substitution=False))
    assert log == ["warning: regexp map f, line 1: regular expression substitution is not allowed: skipping this rule"]
    assert found.lookup("a") == "plain"


def test_a_key_that_is_not_utf8_matches_only_where_that_does_not_matter() -> None:
    assert table("/./ all\n")[0].lookup("\udcff") is None
    assert table("/^(.)$/ $1\n", TableOptions(utf8=False))[0].lookup("\udcff") == "\udcff"


def test_rules_stand_in_a_file_or_in_the_name(tmp_path: Path) -> None:
    path = tmp_path / "r"
    path.write_text("/a/\n  file\n")
    assert open_regexp("regexp:f", str(path), Lines(), DEFAULT_OPTIONS).lookup("a") == "file"
    assert open_regexp("regexp:{}", "{ {/a/ name} }", Lines(), DEFAULT_OPTIONS).lookup("a") == "name"
    with pytest.raises(TableOpenError, match="open /nonexistent: No such file"):
        open_regexp("regexp:/nonexistent", "/nonexistent", Lines(), DEFAULT_OPTIONS)


rule_text = st.text(st.sampled_from(list("/!ab()$1{} imxq\\if")), max_size=20)


@given(st.lists(st.one_of(any_text, rule_text, st.sampled_from(RULES.splitlines())), max_size=8), any_text)
def test_any_rules_make_a_table(lines: list[str], key: str) -> None:
    log = Lines()
    steps = parse_regexp("f", enumerate(lines, 1), log, DEFAULT_OPTIONS)
    RegexpTable("regexp:f", steps, DEFAULT_OPTIONS, 0).lookup(key.replace("\0", ""))
