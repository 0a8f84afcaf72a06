"""The state of a session."""

from __future__ import annotations

import pytest

from pymail.daemons.smtpd.access.facts import Client, Facts
from pymail.daemons.smtpd.dialogue import Dialogue
from pymail.daemons.smtpd.message import Route
from pymail.proto.line import BareLinefeed
from pymail.proto.smtp.command import parse_mail
from pymail.proto.smtp.extensions import Extension
from pymail.proto.smtp.reply import Reply
from pymail.proto.smtp.server import ServerMachine
from tests.support.smtpd_rig import World, settled


def dialogue(world: World) -> Dialogue:
    shared = world.shared()
    machine = ServerMachine(2048, BareLinefeed.NORMALIZE)
    facts = Facts(Client("localhost", "127.0.0.1"), "SMTP")
    return Dialogue(shared, shared.settings, facts, machine, Route("127.0.0.1", "25", True))


def test_client_is_greeted() -> None:
    assert settled(dialogue(World.of()).greet()).text == "220 mta.exam.test ESMTP"


def test_refused_client_is_refused_for_good() -> None:
    one = dialogue(World.of({"smtpd_delay_reject": "no", "smtpd_client_restrictions": "reject"}))
    assert settled(one.greet()).text == "554 5.7.1 <localhost[127.0.0.1]>: Client host rejected: Access denied"
    assert one.denial is not None and one.denial.text == "503 5.7.0 Error: access denied for localhost[127.0.0.1]"


@pytest.mark.parametrize(
    ("table", "discarded"),
    [("inline:{{127.0.0.1=dsn, size}}", {Extension.DSN, Extension.SIZE}), ("fail:x", {Extension.VRFY}),
     ("inline:{192.0.2.1=dsn}", {Extension.VRFY})],
)  # fmt: skip
def test_keywords_may_be_discarded_by_address(table: str, discarded: set[Extension]) -> None:
    settings = {"smtpd_discard_ehlo_keyword_address_maps": table, "smtpd_discard_ehlo_keywords": "vrfy"}
    one = dialogue(World.of(settings))
    settled(one.greet())
    assert one.discarded == discarded


def test_fault_of_a_command_becomes_its_answer_and_a_warning() -> None:
    world = World.of()
    answer = dialogue(world).parse(lambda: parse_mail("FROM:<a b@c>"), "MAIL")
    assert isinstance(answer, Reply) and answer.code == 501
    assert world.lines == ["warning: Illegal address syntax from localhost[127.0.0.1] in MAIL command: <a b@c>"]


def test_peer_data_in_warnings_is_printable_and_cut() -> None:
    world = World.of()
    dialogue(world).warn_illegal("RCPT", "a\nb" + "x" * 9999)
    assert "\n" not in world.lines[0]
    assert len(world.lines[0]) < 300


def test_service_that_is_away_ends_the_session() -> None:
    world = World.of()
    one = dialogue(world)
    one.facts.where = "RCPT"
    assert one.local_error(OSError("gone")).text == "421 4.3.0 mta.exam.test Server local data error"
    assert world.lines == [
        "warning: gone",
        "NOQUEUE: reject: RCPT from localhost[127.0.0.1]: 421 4.3.0 mta.exam.test Server local data error",
    ]
