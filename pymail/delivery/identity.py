"""Acting as the recipient: a delivery agent that root started takes the user's ids for the time of one step.

Without root there is nobody to become: everything happens as the user who started the mail system.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from pymail.unix.users import User, groups_of, is_root


@contextmanager
def acting_as(user: User) -> Iterator[None]:
    """Run the block with the effective ids and groups of *user*; raises PermissionError for nobody's ids.

    The real and saved ids stay root's, so that the process comes back; what is executed must drop them for good.
    """
    if not is_root():
        yield
        return
    groups, gid = os.getgroups(), os.getegid()
    os.setgroups(groups_of(user))
    os.setegid(user.gid)
    os.seteuid(user.uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(gid)
        os.setgroups(groups)
