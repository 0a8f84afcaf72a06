"""static:, inline:, environ:, fail: and the surrogate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.tables.base import TableError, TableOpenError, TableOptions
from pymail.tables.fixed import DictTable, EnvironTable, FailTable, SurrogateTable, open_inline, open_static
from tests.support.tables import Lines

OPTIONS = TableOptions()


@pytest.mark.parametrize(
    ("name", "value"),
    [pytest.param("x", "x", id="word"), pytest.param("{ x y }", "x y", id="braces")],
)
def test_static_gives_its_text_for_every_key(name: str, value: str) -> None:
    table = open_static(f"static:{name}", name, OPTIONS)
    assert table.lookup("anything") == value
    assert table.lookup("") == value


@pytest.mark.parametrize(
    ("name", "error"),
    [
        pytest.param("{x", "bad static:name syntax: missing '}' in \"{x\"", id="open"),
        pytest.param("{x} y", "bad static:name syntax: syntax error after '}' in \"{x} y\"", id="behind"),
        pytest.param("\udcff", 'bad UTF-8 syntax: "static:\udcff"; need "static:name"', id="not-utf8"),
    ],
)
def test_a_bad_static_name_is_refused(name: str, error: str) -> None:
    with pytest.raises(TableOpenError) as caught:
        open_static(f"static:{name}", name, OPTIONS)
    assert str(caught.value) == error


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        pytest.param("{a=b}", "a", "b", id="one"),
        pytest.param("{A=b}", "a", "b", id="key-is-folded"),
        pytest.param("{ {a=b c}, {d = e} f=g }", "a", "b c", id="braces"),
        pytest.param("{ {a=b c}, {d = e} f=g }", "d", "e", id="blanks-around-equals"),
        pytest.param("{ {a=b c}, {d = e} f=g }", "f", "g", id="plain-beside-braces"),
        pytest.param("{a=}", "a", "", id="empty-value"),
        pytest.param("{a=b}", "x", None, id="absent"),
    ],
)
def test_inline(name: str, key: str, value: str | None) -> None:
    assert open_inline(f"inline:{name}", name, OPTIONS).lookup(key) == value


@pytest.mark.parametrize(
    ("name", "error"),
    [
        pytest.param("{ }", 'empty table: "inline:{ }"', id="empty"),
        pytest.param("{a}", "missing '=' after attribute name: \"inline:{a}\"", id="no-equals"),
        pytest.param("{ a = b }", "missing '=' after attribute name: \"inline:{ a = b }\"", id="blanks-without-braces"),
        pytest.param(
            "{ {a=b}x }", 'syntax error after \'}\' in "{a=b}x": "inline:{ {a=b}x }"', id="text-behind-inner-braces"
        ),
        pytest.param("a=b", 'bad syntax: "inline:a=b"', id="no-braces"),
        pytest.param("{a=b", 'bad syntax: "inline:{a=b"', id="open"),
    ],
)
def test_a_bad_inline_table_is_refused_in_postfix_words(name: str, error: str) -> None:
    with pytest.raises(TableOpenError) as caught:
        open_inline(f"inline:{name}", name, OPTIONS)
    assert str(caught.value) == f'{error}; need "inline:{{name=value...}}"'


def test_a_dictionary_refuses_what_is_not_utf8() -> None:
    table = DictTable("inline:x", {"a": "\udcff", "\udcff": "b"})
    assert table.lookup("\udcff") is None
    with pytest.raises(TableError):
        table.lookup("a")


def test_environ_is_the_environment() -> None:
    table = EnvironTable("environ:x", {"HOME": "/root"})
    assert table.lookup("HOME") == "/root"
    assert table.lookup("home") is None


def test_fail_fails() -> None:
    with pytest.raises(TableError, match="Application error"):
        FailTable("fail:x").lookup("a")


def test_a_surrogate_tells_why_at_each_lookup() -> None:
    log = Lines()
    table = SurrogateTable("regexp:/nofile", "open /nofile: No such file or directory", log)
    for _ in range(2):
        with pytest.raises(TableError):
            table.lookup("a")
    assert (
        log.lines
        == [
            "warning: regexp:/nofile is unavailable. open /nofile: No such file or directory",
        ]
        * 2
    )


@given(st.text(st.sampled_from(list("{}=, ab")), max_size=25))
def test_any_inline_name_is_opened_or_refused(name: str) -> None:
    try:
        table = open_inline(f"inline:{name}", name, OPTIONS)
    except TableOpenError as error:
        assert f"inline:{name}" in str(error)
    else:
        assert all(table.lookup(key) == value for key, value in table.entries.items())
