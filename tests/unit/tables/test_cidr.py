"""cidr: tables, compared with Postfix 3.7."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.tables.base import DEFAULT_OPTIONS, TableOpenError
from pymail.tables.cidr import CidrTable, open_cidr, parse_cidr
from tests.support.strategies import any_text
from tests.support.tables import Lines


def table(rules: str) -> tuple[CidrTable, list[str]]:
    warnings: list[str] = []
    steps = parse_cidr("f", enumerate(rules.splitlines(), 1), warnings.append)
    return CidrTable("cidr:f", steps, DEFAULT_OPTIONS, 0), warnings


RULES = """\
1.2.3.4 a
1.2.3.0/24 b
if 10.0.0.0/8
10.1.0.0/16 ten1
!10.2.0.0/16 not102
endif
if !11.0.0.0/8
12.0.0.0/8 twelve
endif
[2001:db8::1] six
[2001:db8::]/32 six32
2001:db9::/32 nine
5.0.0.0/8   spaces  here
::ffff:9.9.9.9 mapped
! 6.0.0.0/8 rest
"""


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("1.2.3.4", "a", id="address"),
        pytest.param("1.2.3.5", "b", id="network"),
        pytest.param("10.1.0.1", "ten1", id="in-a-block"),
        pytest.param("10.3.3.3", "not102", id="negated-in-a-block"),
        pytest.param("10.2.0.1", "rest", id="on-behind-a-block"),
        pytest.param("12.0.0.1", "twelve", id="negated-block"),
        pytest.param("2001:db8::1", "six", id="ipv6-brackets"),
        pytest.param("2001:DB8::2", "six32", id="ipv6-case"),
        pytest.param("2001:db9::5", "nine", id="ipv6"),
        pytest.param("5.1.1.1", "spaces  here", id="result-with-blanks"),
        pytest.param("::ffff:9.9.9.9", "mapped", id="mapped-address-is-ipv6"),
        pytest.param("9.9.9.9", "rest", id="negated"),
        pytest.param("6.6.6.6", None, id="excluded"),
        pytest.param("2002::1", None, id="negation-is-for-its-family"),
        pytest.param("01.2.3.4", None, id="no-address"),
        pytest.param("1.2.3.4/32", None, id="a-prefix-is-no-address"),
        pytest.param("", None, id="empty"),
    ],
)
def test_the_first_match_gives_the_result(key: str, value: str | None) -> None:
    assert table(RULES)[0].lookup(key) == value


def test_the_earlier_rule_wins_whatever_its_length() -> None:
    assert table("1.0.0.0/8 wide\n1.2.3.4 narrow\n")[0].lookup("1.2.3.4") == "wide"


def lines_run(found: CidrTable, key: str) -> int:
    """Return how many lines of Python a lookup takes: its cost, without a clock."""
    count = 0

    def trace(_frame: object, event: str, _argument: object) -> object:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    gc.disable()  # its callbacks are lines, too
    sys.settrace(trace)  # type: ignore[arg-type]  # a tracer's type names itself
    try:
        assert found.lookup(key) is None
    finally:
        sys.settrace(before)
        gc.enable()
    return count


def networks_of(size: int) -> str:
    return "".join(
        f"{n >> 8 & 255}.{n & 255}.{n >> 16}.0/24 x\n10.{n & 255}.{n >> 8 & 255}.1 y\n" for n in range(size // 2)
    )


def test_a_hundred_thousand_networks_cost_what_a_few_do() -> None:
    few, many = table(networks_of(20))[0], table(networks_of(100_000))[0]
    assert 0 < lines_run(many, "192.0.2.1") == lines_run(few, "192.0.2.1")


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        pytest.param("1.2.3.4/33 x", 'bad mask length in "1.2.3.4/33"', id="mask-length"),
        pytest.param("1.2.3 x", 'bad address pattern: "1.2.3"', id="address"),
        pytest.param("1.2.3.4/x y", 'bad mask value in "1.2.3.4/x"', id="mask-value"),
        pytest.param("1.2.3.4", "no lookup result", id="no-result"),
        pytest.param(
            "2.3.4.5/24 v",
            'non-null host address bits in "2.3.4.5/24", perhaps you should use "2.3.4.0/24" instead',
            id="host-bits",
        ),
        pytest.param("[1.2.3.4 x", "missing ']' character after \"[1.2.3.4\"", id="bracket"),
        pytest.param("[1.2.3.4]foo x", 'garbage after "[1.2.3.4]"', id="behind-the-bracket"),
        pytest.param("if", "no address pattern", id="if-alone"),
        pytest.param("if foo", 'bad address pattern: "foo"', id="if-bad"),
        pytest.param("endif", "ENDIF without IF", id="endif-alone"),
        pytest.param("! x", 'bad address pattern: "x"', id="negated"),
    ],
)
def test_a_bad_rule_is_left_out(rule: str, reason: str) -> None:
    found, warnings = table(f"{rule}\n0.0.0.0/0 all\n")
    assert warnings == [f"cidr map f, line 1: {reason}: skipping this rule"]
    assert found.lookup("9.9.9.9") == "all"


def test_an_open_block_is_named() -> None:
    found, warnings = table("if 10.0.0.0/8\n10.1.0.0/16 a\n")
    assert warnings == ["cidr map f, line 1: IF has no matching ENDIF"]
    assert found.lookup("10.1.0.1") == "a"


def test_rules_stand_in_a_file_or_in_the_name(tmp_path: Path) -> None:
    path = tmp_path / "c"
    path.write_text("# comment\n1.2.3.4\n  file\n")
    assert open_cidr("cidr:f", str(path), Lines(), DEFAULT_OPTIONS).lookup("1.2.3.4") == "file"
    assert open_cidr("cidr:{}", "{ {1.2.3.4 name} }", Lines(), DEFAULT_OPTIONS).lookup("1.2.3.4") == "name"
    with pytest.raises(TableOpenError):
        open_cidr("cidr:/nonexistent", "/nonexistent", Lines(), DEFAULT_OPTIONS)


@given(st.lists(st.one_of(any_text, st.sampled_from(RULES.splitlines())), max_size=10))
def test_any_rules_make_a_table(lines: list[str]) -> None:
    warnings: list[str] = []
    steps = parse_cidr("f", enumerate(lines, 1), warnings.append)
    CidrTable("cidr:f", steps, DEFAULT_OPTIONS, 0).lookup("10.1.0.1")


networks = st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 32))


@given(st.lists(networks, max_size=12), st.integers(0, 2**32 - 1))
def test_the_index_agrees_with_a_search_from_top_to_bottom(rules: list[tuple[int, int]], address: int) -> None:
    def text(value: int) -> str:
        return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0))

    cut = [(value >> (32 - length) << (32 - length), length) for value, length in rules]
    found, warnings = table("".join(f"{text(value)}/{length} r{n}\n" for n, (value, length) in enumerate(cut)))
    expected = next((f"r{n}" for n, (value, length) in enumerate(cut) if (address ^ value) >> (32 - length) == 0), None)
    assert warnings == []
    assert found.lookup(text(address)) == expected
