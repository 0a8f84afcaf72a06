from __future__ import annotations

import os

import pytest

from pymail.unix import users


def test_a_user_is_found_by_name_and_number() -> None:
    root = users.user_by_name("root")
    assert (root.uid, root.gid) == (0, 0)
    assert users.user_by_uid(0).name == "root"
    assert 0 in users.groups_of(root)


@pytest.mark.parametrize("name", ["no-such-user", "", "with\0nul"])
def test_a_missing_user_is_said_so(name: str) -> None:
    with pytest.raises(users.NoSuchUserError):
        users.user_by_name(name)


def test_a_missing_number_and_group_are_said_so() -> None:
    with pytest.raises(users.NoSuchUserError):
        users.user_by_uid(2**31 - 7)
    with pytest.raises(users.NoSuchUserError):
        users.group_id("no-such-group")


def test_root_is_who_may_switch_users() -> None:
    assert users.is_root() == (os.geteuid() == 0)
