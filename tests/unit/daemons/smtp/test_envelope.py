"""What a server is told of a message, by what it offers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pymail.daemons.smtp.envelope import make_transaction, needs_smtputf8
from pymail.mail.dsn import NOTIFY_NEVER, RET_HDRS
from pymail.mail.envelope import Recipient
from pymail.proto.smtp.extensions import Extension, Offer
from tests.support.smtp_client_rig import request

ALL = Offer(dict.fromkeys(Extension, ()), "peer")
PLAIN = Offer()
USER = (Recipient("u@d.test"),)


@pytest.mark.parametrize(
    ("encoding", "offer", "parameters"),
    [
        pytest.param("8bit", ALL, ("SIZE=100", "BODY=8BITMIME"), id="8bit"),
        pytest.param("7bit", ALL, ("SIZE=100", "BODY=7BIT"), id="7bit"),
        pytest.param("", ALL, ("SIZE=100",), id="unknown"),
        pytest.param("8bit", PLAIN, (), id="plain-server"),
    ],
)
def test_parameters_of_mail(encoding: str, offer: Offer, parameters: tuple[str, ...]) -> None:
    wanted = replace(request("x"), encoding=encoding)
    assert make_transaction(wanted, USER, offer).mail_parameters == parameters


def test_dsn_parameters_go_to_servers_with_dsn() -> None:
    wanted = replace(request("x"), encoding="", ret_flags=RET_HDRS, envelope_id="id+1 x")
    recipient = Recipient("u@d.test", "", 0, "rfc822;o+x@d.test", NOTIFY_NEVER)
    transaction = make_transaction(wanted, (recipient,), ALL)
    assert transaction.mail_parameters == ("SIZE=100", "RET=HDRS", "ENVID=id+2B1+20x")
    assert transaction.rcpt_parameters == (("NOTIFY=NEVER", "ORCPT=rfc822;o+2Bx@d.test"),)
    assert make_transaction(wanted, (recipient,), PLAIN).rcpt_parameters == ()


def test_the_original_address_stands_for_a_missing_orcpt() -> None:
    transaction = make_transaction(request("x"), (Recipient("u@d.test", "alias@d.test"),), ALL)
    assert transaction.rcpt_parameters == (("ORCPT=rfc822;alias@d.test",),)


def test_a_utf8_orcpt_follows_the_server() -> None:
    recipient = (Recipient("u@d.test", "", 0, "utf-8;ü@d.test"),)
    wanted = replace(request("x"), sendopts=1)
    assert make_transaction(wanted, recipient, ALL).rcpt_parameters == (("ORCPT=utf-8;ü@d.test",),)
    ascii_only = Offer({Extension.DSN: ()}, "peer")
    assert make_transaction(wanted, recipient, ascii_only).rcpt_parameters == (("ORCPT=utf-8;\\x{FC}@d.test",),)


def test_addresses_are_quoted_as_configured() -> None:
    recipients = (Recipient("a b@d.test"),)
    assert make_transaction(request("x"), recipients, PLAIN).recipients == ('"a b"@d.test',)
    assert make_transaction(request("x"), recipients, PLAIN, quoted=False).recipients == ("a b@d.test",)


@pytest.mark.parametrize(("sendopts", "needed"), [(0, False), (1, False), (8, False), (9, True), (3, True), (5, True)])
def test_smtputf8_is_needed_when_it_was_asked_for_and_used(sendopts: int, needed: bool) -> None:
    assert needs_smtputf8(replace(request("x"), sendopts=sendopts)) is needed
