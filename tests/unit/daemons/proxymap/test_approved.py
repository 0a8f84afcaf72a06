"""Which tables clients may ask for."""

from __future__ import annotations

import pytest
from hypothesis import given

from pymail.daemons.proxymap.approved import approved_tables
from tests.support.strategies import any_text


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        pytest.param("proxy:lmdb:/x, lmdb:/y", {"lmdb:/x"}, id="only-with-proxy"),
        pytest.param("proxy:unix:passwd.byname lmdb:/a", {"unix:passwd.byname"}, id="default"),
        pytest.param("unix:passwd.byname", {"unix:passwd.byname"}, id="accounts-need-no-proxy"),
        pytest.param("check_sender_access proxy:lmdb:/s reject", {"lmdb:/s"}, id="in-a-restriction-list"),
        pytest.param("proxy:proxy:lmdb:/x", {"lmdb:/x"}, id="twice"),
        pytest.param("!proxy:lmdb:/x", {"lmdb:/x"}, id="negated"),
        pytest.param("proxy:inline:{ a=b, c=d }", {"inline:{ a=b, c=d }"}, id="braces"),
        pytest.param("proxy:lmdb:/x {", {"lmdb:/x"}, id="open-brace-elsewhere"),
        pytest.param("", set(), id="nothing"),
    ],
)
def test_tables(text: str, tables: set[str]) -> None:
    assert approved_tables(text) == tables


@given(any_text)
def test_nothing_is_approved_by_accident(text: str) -> None:
    assert all(f"proxy:{table}" in text or table.startswith("unix:") for table in approved_tables(text))
