"""Acting as a user, and coming back."""

from __future__ import annotations

import os

import pytest

from pymail.delivery.identity import acting_as
from pymail.unix.users import User, user_by_name


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_root_becomes_the_user_and_comes_back() -> None:
    nobody = user_by_name("nobody")
    before = (os.geteuid(), os.getegid(), os.getgroups())
    with acting_as(nobody):
        assert (os.geteuid(), os.getegid()) == (nobody.uid, nobody.gid)
    assert (os.geteuid(), os.getegid(), os.getgroups()) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_root_comes_back_after_an_error() -> None:
    with pytest.raises(KeyError), acting_as(user_by_name("nobody")):
        raise KeyError
    assert os.geteuid() == 0


@pytest.mark.ordinary_user
@pytest.mark.skipif(os.geteuid() == 0, reason="root would become the user")
def test_an_ordinary_user_stays() -> None:
    with acting_as(User("root", 0, 0)):
        assert os.geteuid() == os.getuid()
