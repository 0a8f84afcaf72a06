"""EHLO keywords."""

from __future__ import annotations

from pymail.proto.smtp.extensions import Extension, parse_keywords, read_offer
from pymail.proto.smtp.reply import Reply

REPLY = Reply(250, ("mx.example.com hello", "PIPELINING", "SIZE 1000", "auth=LOGIN", "AUTH PLAIN", "X-NEW", ""))


def test_offer_is_read() -> None:
    offer = read_offer(REPLY)
    assert Extension.PIPELINING in offer
    assert Extension.DSN not in offer
    assert offer.size_limit == 1000
    assert offer.extensions[Extension.AUTH] == ("LOGIN", "PLAIN")
    assert offer.server_name == "mx.example.com"


def test_discarded_keywords_are_not_seen() -> None:
    assert Extension.PIPELINING not in read_offer(REPLY, frozenset({Extension.PIPELINING}))


def test_size_without_a_number_is_no_limit() -> None:
    assert read_offer(Reply(250, ("x", "SIZE many"))).size_limit == 0


def test_keyword_lists_are_read() -> None:
    assert parse_keywords("dsn, Size silent-discard") == (
        frozenset({Extension.DSN, Extension.SIZE}),
        ("silent-discard",),
    )
