"""unix: tables."""

from __future__ import annotations

import os
import pwd

import pytest

from pymail.tables.base import DEFAULT_OPTIONS, TableOpenError
from pymail.tables.unix import group_line, open_unix, passwd_line


def test_an_account_is_a_line_of_passwd() -> None:
    name = pwd.getpwuid(os.getuid()).pw_name
    line = open_unix("unix:passwd.byname", "passwd.byname", DEFAULT_OPTIONS).lookup(name)
    assert line is not None
    assert line.split(":")[0] == name
    assert line.split(":")[2] == str(os.getuid())
    assert line.count(":") == 6


def test_a_group_is_a_line_of_group() -> None:
    line = group_line("root")
    assert line is not None
    assert line.startswith(("root:x:0:", "root:*:0:"))


@pytest.mark.parametrize("name", ["", "no-such-user", "a\0b"])
def test_other_names_are_not_there(name: str) -> None:
    assert open_unix("unix:passwd.byname", "passwd.byname", DEFAULT_OPTIONS).lookup(name) is None
    assert group_line(name) is None
    assert passwd_line(name) is None


def test_it_must_not_run_on_a_loop() -> None:
    assert open_unix("unix:group.byname", "group.byname", DEFAULT_OPTIONS).blocking


def test_there_are_two_maps() -> None:
    with pytest.raises(TableOpenError, match="^unknown table: unix:x$"):
        open_unix("unix:x", "x", DEFAULT_OPTIONS)
