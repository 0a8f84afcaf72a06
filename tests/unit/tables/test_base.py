"""Keys, values and errors of tables."""

from __future__ import annotations

import pytest
from hypothesis import given

from pymail.log.fatal import FatalError
from pymail.tables.base import (
    TableError,
    TableOpenError,
    TableOptions,
    TableSyntaxError,
    checked_value,
    fold_key,
    fold_text,
    is_utf8,
)
from tests.support.strategies import any_text

NOT_UTF8 = b"\xff".decode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    ("text", "utf8", "folded"),
    [
        pytest.param("AbC@Example.COM", True, "abc@example.com", id="ascii"),
        pytest.param("ÉA", True, "éa", id="unicode"),
        pytest.param("Straße", True, "strasse", id="case-folding-not-lower-case"),
        pytest.param("ÉA", False, "Éa", id="only-ascii-without-utf8"),
        pytest.param("A" + NOT_UTF8, True, "a" + NOT_UTF8, id="not-utf8"),
    ],
)
def test_text_is_folded(text: str, utf8: bool, folded: str) -> None:
    assert fold_text(text, utf8) == folded


def test_a_key_that_is_not_utf8_cannot_be_there() -> None:
    assert fold_key("a" + NOT_UTF8, TableOptions()) is None
    assert fold_key("A" + NOT_UTF8, TableOptions(utf8=False)) == "a" + NOT_UTF8


def test_a_key_keeps_its_case_without_folding() -> None:
    assert fold_key("Joe", TableOptions(fold=False)) == "Joe"


def test_a_value_that_is_not_utf8_is_an_error() -> None:
    assert checked_value("x:y", "key", "é", TableOptions()) == "é"
    assert checked_value("x:y", "key", NOT_UTF8, TableOptions(utf8=False)) == NOT_UTF8
    with pytest.raises(TableError) as caught:
        checked_value("x:y", "key", NOT_UTF8, TableOptions())
    assert caught.value.spec == "x:y"


def test_a_table_that_cannot_be_opened_is_fatal_where_nothing_stands_in_for_it() -> None:
    assert issubclass(TableSyntaxError, TableOpenError)
    assert issubclass(TableOpenError, FatalError)
    assert not issubclass(TableError, FatalError)


@given(any_text)
def test_folding_twice_changes_nothing(text: str) -> None:
    once = fold_text(text, utf8=True)
    assert fold_text(once, utf8=True) == once
    assert is_utf8(once) == is_utf8(text)
