"""What the sessions of a process share."""

from __future__ import annotations

from pymail.daemons.smtpd.params import SmtpdParams
from pymail.daemons.smtpd.shared import ACQUAINTANCE_TIME, Acquaintance, Acquaintances, Settings, WordList
from pymail.dns.hosts import ClientName, NameStatus
from pymail.log.logger import Log
from pymail.proto.line import BareLinefeed
from pymail.proto.smtp.extensions import Extension
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
