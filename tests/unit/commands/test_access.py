"""Who may submit, and under which sender."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

import pytest

from pymail.commands import access
from pymail.config.main_cf import MainCf
from pymail.log.logger import Log
from pymail.log.sinks import MemorySink

ME = getpass.getuser()
LOG = Log("test", MemorySink())


@pytest.mark.parametrize(
    ("value", "refused"),
    [
        ("static:anyone", False),
        ("static:all", False),
        ("", True),
        (ME, False),
        (f"somebody, {ME}", False),
        (f"!{ME}, static:anyone", True),
        ("inline:{somebody=1}", True),
        (f"inline:{{{ME}=1}}", False),
    ],
)
def test_a_user_is_found_in_the_list(tmp_path: Path, value: str, refused: bool) -> None:
    found = access.refused_user(MainCf(str(tmp_path)), "authorized_submit_users", value, os.getuid(), LOG)
    assert found == (ME if refused else None)


@pytest.mark.parametrize(
    ("patterns", "sender", "refused"),
    [
        ("*", "x@y", False),
        ("me@x", "me@x", False),
        ("me@x", "ME@X", False),
        ("me@x", "you@x", True),
        ("me@x", "me+tag@x", False),
        ("@x", "any@x", False),
        ("@x", "any@y", True),
        ("me@x", "", True),
        ("me@x <>", "", False),
        ("me", "me", False),
    ],
)
def test_a_sender_is_held_against_the_patterns_of_its_user(
    tmp_path: Path, patterns: str, sender: str, refused: bool
) -> None:
    settings = {"local_login_sender_maps": f"inline:{{{{{ME} = {patterns}}}}}", "recipient_delimiter": "+"}
    assert access.refuses_sender(MainCf(str(tmp_path), settings), os.getuid(), sender, LOG) == refused


def test_who_is_in_no_table_may_not_send(tmp_path: Path) -> None:
    settings = {"local_login_sender_maps": "inline:{{somebody = *}}"}
    assert access.refuses_sender(MainCf(str(tmp_path), settings), os.getuid(), "x", LOG)


def test_by_default_everybody_sends_as_anybody(tmp_path: Path) -> None:
    assert not access.refuses_sender(MainCf(str(tmp_path)), os.getuid(), "x", LOG)
