"""From a line to its answer."""

from __future__ import annotations

import pytest

from pymail.daemons.smtpd.dispatch import HANDLERS
from pymail.proto.smtp.command import Verb
from tests.support.smtpd_rig import World


def test_each_command_has_its_function() -> None:
    assert set(HANDLERS) == set(Verb) - {Verb.UNKNOWN}


@pytest.mark.parametrize(
    ("line", "answer", "closes"),
    [
        ("", "500 5.5.2 Error: bad syntax", False),
        ("FOO", "500 5.5.2 Error: command not recognized", False),
        ("noop", "250 2.0.0 Ok", False),
        ("GET / HTTP/1.0", "221 2.7.0 Error: I can break rules, too. Goodbye.", True),
        ("Subject: x", "221 2.7.0 Error: I can break rules, too. Goodbye.", True),
        ("NOOP \udcff", "500 5.5.2 Error: bad UTF-8 syntax", False),
    ],
)
def test_lines_and_answers(line: str, answer: str, closes: bool) -> None:
    talk = World.of().connect()
    talk.read()
    assert talk.say(line) == [answer]
    assert talk.transport.closed == closes


def test_octets_pass_where_utf8_is_off() -> None:
    talk = World.of({"smtputf8_enable": "no"}).connect()
    talk.read()
    assert talk.say("NOOP \udcff") == ["250 2.0.0 Ok"]


def test_what_is_no_command_is_not_counted() -> None:
    world = World.of({"smtpd_noop_commands": "foo"})
    talk = world.connect()
    for line in ("", "foo", "QUIT"):
        talk.say(line)
    assert world.lines[-1] == "disconnect from localhost[127.0.0.1] quit=1 commands=1"
