"""pymail.util.macro: results and warnings as the reference Postfix's postconf -x gives them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.util.macro import MacroError, expand, parse_level

VALUES = {"e": "", "f": "fool", "b": "$e", "mail_owner": "postfix", "loop": "x $loop", "level": "0"}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("plain", "plain"),
        ("$mail_owner$(mail_owner)${mail_owner}_x$mail_owner-x", "postfixpostfixpostfix_xpostfix-x"),
        ("$$$$a ${e:$$x}", "$$a $x"),
        ("${b?yes}${b:no}", "yes"),
        ("[${e?{ a b }:{ c }}]", "[ c ]"),
        ("[${ e ? {a} : {b} }]", "[b]"),
        ("[${{a} == {a}}][${{a} == {b}}]", "[true][]"),
        ("[${{a}=={a}? yes}][${{a} == {b} : no}]", "[ yes][ no]"),
        ("[${{a}=={b}?yes:no}]", "[]"),
        ("[${e?a:b}]", "[]"),
        ("[${e: a }]", "[ a ]"),
        ("${{07}=={7}?{eq}:{ne}}${{}=={}?{eq}:{ne}}", "eqeq"),
        ("${{2}<{10}?{number}:{text}}${{b}<{a}?{n}:{s}}", "numbers"),
        ("${{3.10} >level {3.9}?{gt}:{le}}${{3.10.1} >=level {3.10}?{ge}:{lt}}", "gtge"),
        ("${{1} !=level {2}?{ne}:{eq}}${{3} ==level {3.0}?{eq}:{ne}}", "neeq"),
        ("${{$level} <level {1} ? {no} : {yes}}", "no"),
        ("${{2} <= {2}?{a}:{b}}${{1} > {2}?{a}:{b}}${{2} >= {3}?{a}:{b}}", "abb"),
        ("$(e:f)x$(e?{a}:{b})", "fxb"),
        ("${e:x{a}b}", "x{a}b"),
        ("${e?{x} : y z}", "y z"),
        ("${{ a } == {a}?{x}:{y}}", "y"),
        ("${e:${b:${e:deep}}}", ""),
        ("${{${e:3}} > {2} ? {${e:}big} : {small}}", "big"),
        ("${nix?a b:c} ${nix:u:v?w}", " u:v?w"),
        ("${upper{$f}} ${upper{}:none}", "FOOL none"),
    ],
)
def test_a_text_is_expanded(text: str, result: str) -> None:
    assert expand(text, VALUES.get, functions={"upper": str.upper}) == result


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("${e", 'truncated macro reference: "${e"'),
        ("$(", 'truncated macro reference: "$("'),
        ("${e?{a}", 'truncated macro reference: "${e?{a}"'),
        ("a$", 'empty macro name: "a$"'),
        ("a$-b", 'empty macro name: "a$-b"'),
        ("$loop", 'unreasonable macro call nesting: "loop"'),
        ("${{a}==${b}?{x}:{y}}", '"{expression}" expected at: "...{a}==>>>${b}?{x}:{y}"'),
        ("${a-b}", 'attribute name syntax error at: "...a>>>-b"'),
        ("${{3} >levels {3.9}?{gt}:{le}}", "bad operator suffix at: "),
        ("${{a} bad {b}?c}", '"==" or "!="" or "<"" or "<="" or ">="" or ">" expected at: '),
        ("${{3.1x} >level {3.9}?{gt}:{le}}", 'malformed compatibility level syntax: "3.1x"'),
        ("${{99999999999999999999}>{1}?{gt}:{le}}", "mac_exp_eval: bad conversion: 99999999999999999999"),
        ("${e:{a}{b}}", "unexpected input at: "),
        ("${e:{a}:{b}}", "unexpected input at: "),
        ("${e?{a}{b}}", '":" expected at: '),
        ("${e?{x} : {y} z}", "unexpected input at: "),
    ],
)
def test_bad_syntax_is_named(text: str, problem: str) -> None:
    with pytest.raises(MacroError) as caught:
        expand(text, VALUES.get)
    assert str(caught.value).startswith(problem)


def test_values_stand_as_they_are_without_recursion() -> None:
    assert expand("$b ${e:$b}", VALUES.get, recursive=False) == "$e $e"


MACRO_TEXT = st.text(alphabet="$${}{}()?:<>=! aeblv19", max_size=40)


@given(MACRO_TEXT)
def test_any_text_is_expanded_or_refused(text: str) -> None:
    try:
        expand(text, VALUES.get)
    except MacroError:
        return


@given(st.text(max_size=40))
def test_doubled_dollars_give_the_text_back(text: str) -> None:
    assert expand(text.replace("$", "$$"), VALUES.get) == text


def test_nesting_in_the_text_is_bounded() -> None:
    with pytest.raises(MacroError, match="unreasonable macro call nesting"):
        expand("${e:{" * 200 + "x" + "}}" * 200, VALUES.get)


@pytest.mark.parametrize(("text", "level"), [("2", (2, 0, 0)), ("3.6", (3, 6, 0)), ("3.10.1", (3, 10, 1))])
def test_a_level_is_read(text: str, level: tuple[int, int, int]) -> None:
    assert parse_level(text) == level


@pytest.mark.parametrize("text", ["", "x", "3.", "1.2.3.4", "3.x", "-1", "9" * 20])
def test_a_bad_level_is_refused(text: str) -> None:
    with pytest.raises(MacroError):
        parse_level(text)
