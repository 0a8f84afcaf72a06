"""What the sessions of a process share."""

from __future__ import annotations

import pytest

from pymail.daemons.smtpd.params import SmtpdParams
from pymail.daemons.smtpd.shared import (
    ACQUAINTANCE_TIME,
    Acquaintance,
    Acquaintances,
    RecentMatches,
    Settings,
    WordList,
)
from pymail.dns.hosts import ClientName, NameStatus
from pymail.log.logger import Log
from pymail.proto.line import BareLinefeed
from pymail.proto.smtp.extensions import Extension
from pymail.tables.base import TableError
from pymail.tables.context import from_config
from pymail.tables.maps import Maps
from tests.support.smtpd_rig import LineSink, World, settled


def settings(values: dict[str, str]) -> Settings:
    return Settings.of(SmtpdParams(World.of(values).conf), BareLinefeed.NORMALIZE)


def test_offer_is_that_of_postfix() -> None:
    assert settings({}).offer(frozenset()).lines == (
        "mta.exam.test", "PIPELINING", "SIZE 10240000", "VRFY", "ETRN", "ENHANCEDSTATUSCODES", "8BITMIME", "DSN",
        "SMTPUTF8", "CHUNKING",
    )  # fmt: skip


def test_what_is_off_is_not_offered() -> None:
    off = settings({"message_size_limit": "0", "disable_vrfy_command": "yes", "smtputf8_enable": "no"})
    assert off.offer(frozenset({Extension.DSN})).lines == (
        "mta.exam.test", "PIPELINING", "SIZE", "ETRN", "ENHANCEDSTATUSCODES", "8BITMIME", "CHUNKING",
    )  # fmt: skip


def test_offer_is_made_once() -> None:
    one = settings({})
    assert one.offer(frozenset()) is one.offer(frozenset())


def test_discarded_keywords_are_read() -> None:
    one = settings({"smtpd_discard_ehlo_keywords": "dsn, Silent-Discard"})
    assert (one.discarded, one.is_silent) == (frozenset({Extension.DSN}), True)
    assert not settings({"smtpd_discard_ehlo_keywords": "dsn"}).is_silent


def test_words_are_found_in_any_letter_case_and_in_tables() -> None:
    log = Log("postfix/smtpd", LineSink())
    context = from_config(World.of().conf, log)
    words = WordList(frozenset({"get"}), Maps("x", "inline:{Foo=x} fail:x", context))
    assert settled(words.contains("GET"))
    assert settled(words.contains("foo"))
    assert not settled(words.contains("bar"))
    assert not settled(WordList(frozenset(), None).contains("x"))


def test_acquaintances_are_forgotten_soon() -> None:
    known = Acquaintances()
    somebody = Acquaintance(ClientName("a.test", NameStatus.OK, "a.test", NameStatus.OK), True, False)
    known.add("192.0.2.1", somebody, 10.0)
    assert known.get("192.0.2.1", 10.0) is somebody
    assert known.get("192.0.2.1", 10.0 + ACQUAINTANCE_TIME) is None
    assert known.get("192.0.2.2", 10.0) is None


def test_name_that_could_not_be_found_for_now_is_asked_again() -> None:
    known = Acquaintances()
    name = ClientName("unknown", NameStatus.TRY_AGAIN, "unknown", NameStatus.TRY_AGAIN)
    known.add("192.0.2.1", Acquaintance(name, False, False), 0.0)
    assert known.get("192.0.2.1", 0.0) is None


class Clients:
    """A list of clients that counts its questions; it fails when there is no answer."""

    def __init__(self, answers: dict[tuple[str, str], bool]) -> None:
        self.answers = answers
        self.asked = 0

    async def matches(self, name: str, address: str) -> bool:
        self.asked += 1
        if (name, address) not in self.answers:
            raise TableError("inline:x", "broken")
        return self.answers[name, address]


def test_the_answer_about_a_client_counts_for_a_moment() -> None:
    now = [10.0]
    clients = Clients({("a.test", "192.0.2.1"): True, ("b.test", "192.0.2.1"): False})
    recent = RecentMatches(clients, lambda: now[0])
    for _ in range(2):
        assert settled(recent.matches("a.test", "192.0.2.1"))
        assert not settled(recent.matches("b.test", "192.0.2.1"))
    assert clients.asked == 2
    clients.answers["a.test", "192.0.2.1"] = False
    now[0] += ACQUAINTANCE_TIME
    assert not settled(recent.matches("a.test", "192.0.2.1"))


def test_a_failure_to_match_a_client_is_not_remembered() -> None:
    clients = Clients({})
    recent = RecentMatches(clients, lambda: 10.0)
    with pytest.raises(TableError):
        settled(recent.matches("a.test", "192.0.2.1"))
    clients.answers["a.test", "192.0.2.1"] = True
    assert settled(recent.matches("a.test", "192.0.2.1"))
