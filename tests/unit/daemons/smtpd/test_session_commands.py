"""The commands about the session. See also the transcripts."""

from __future__ import annotations

import pytest

from tests.support.smtpd_rig import World


def said(settings: dict[str, str], *lines: str) -> list[str]:
    talk = World.of(settings).connect()
    talk.read()
    return [talk.say(line)[-1] for line in lines]


@pytest.mark.parametrize(
    ("argument", "helo"),
    [("a.test", "a.test"), ("<b>(c)", "?b??c?"), ('x"y\\z;@', "x?y?z??"), ("a b", "a"), ("x" * 1500, "x" * 1000)],
)
def test_greeting_of_the_client_is_made_harmless(argument: str, helo: str) -> None:
    world = World.of()
    talk = world.connect()
    talk.say(f"EHLO {argument}")
    talk.say("MAIL FROM:<>")
    talk.say("RCPT TO:<nosuch@local.test>")
    assert world.lines[-1].endswith(f" helo=<{helo}>")


def test_help_names_the_commands() -> None:
    assert said({}, "HELP")[0].startswith("214 2.0.0 Commands: AUTH BDAT DATA EHLO ETRN HELO HELP MAIL")


def test_discarded_keywords_are_logged() -> None:
    world = World.of({"smtpd_discard_ehlo_keywords": "dsn"})
    talk = world.connect()
    assert "250-DSN" not in talk.say("EHLO x")
    assert world.lines[-1] == "discarding EHLO keywords: DSN"


def test_vrfy_speaks_of_smtputf8_where_it_is_on() -> None:
    assert said({}, "VRFY", "VRFY user SMTPUTF8") == ["501 5.5.4 Syntax: VRFY address [SMTPUTF8]", "252 2.0.0 user"]
    assert said({"smtputf8_enable": "no"}, "VRFY") == ["501 5.5.4 Syntax: VRFY address"]


@pytest.mark.parametrize(
    ("status", "answer"),
    [(0, "250 Queuing started"), (4, "459 <x.test>: service unavailable"), (-1, "458 Unable to queue messages")],
)
def test_etrn_says_what_flush_says(status: int, answer: str) -> None:
    world = World.of()
    shared = world.shared()

    async def flush(domain: str) -> int:
        assert domain == "x.test"
        return status

    shared.flush_site = flush
    talk = world.connect(shared=shared)
    talk.read()
    assert talk.say("ETRN @x.test") == [answer]


def test_etrn_of_no_domain() -> None:
    assert said({}, "ETRN -x-") == ["501 Error: invalid parameter syntax"]
    assert said({"smtpd_etrn_restrictions": "reject"}, "ETRN x.test") == [
        "554 5.7.1 <x.test>: Etrn command rejected: Access denied"
    ]
