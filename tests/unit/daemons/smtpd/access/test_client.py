"""Restrictions about the client and its greeting."""

from __future__ import annotations

import pytest

from pymail.daemons.smtpd.access.facts import Client
from pymail.dns.answer import Answer, TryAgainError
from pymail.dns.hosts import NameStatus
from tests.support.smtpd_rig import Judge

STRANGER = Client("unknown", "192.0.2.7", status=NameStatus.NOT_FOUND)


def client_list(text: str, client: Client, **settings: str) -> str:
    return Judge.of({"smtpd_client_restrictions": text, **settings}, client=client).rcpt()


@pytest.mark.parametrize(
    ("address", "is_known"), [("127.0.0.1", True), ("127.9.9.9", True), ("192.0.2.7", False), ("::1", False)]
)
def test_mynetworks(address: str, is_known: bool) -> None:
    answer = client_list("permit_mynetworks, reject", Client("x.test", address))
    assert (answer == "") == is_known


def test_mynetworks_that_cannot_be_read_refuses_for_now() -> None:
    assert client_list("permit_mynetworks", STRANGER, mynetworks="fail:x") == (
        "451 4.3.0 <unknown[192.0.2.7]>: Temporary lookup failure"
    )


def test_own_addresses() -> None:
    assert client_list("permit_inet_interfaces, reject", Client("x.test", "127.0.0.1")) == ""
    assert client_list("permit_inet_interfaces, reject", STRANGER) != ""


def test_nobody_is_authenticated() -> None:
    assert client_list("permit_sasl_authenticated, reject", Client("x.test", "127.0.0.1")) != ""


@pytest.mark.parametrize(
    ("status", "code"),
    [(NameStatus.OK, ""), (NameStatus.TRY_AGAIN, "450"), (NameStatus.NOT_FOUND, "550"), (NameStatus.FORGED, "550")],
)
def test_client_without_a_name(status: NameStatus, code: str) -> None:
    client = Client("unknown", "192.0.2.7", status=status, reverse_status=status)
    settings = {"unknown_client_reject_code": "550", "mynetworks": "192.0.2.7"}
    answer = client_list("reject_unknown_client_hostname", client, **settings)
    assert answer[:3] == code
    assert not code or answer.endswith(".7.25 Client host rejected: cannot find your hostname, [192.0.2.7]")
    answer = client_list("reject_unknown_reverse_client_hostname", client, **settings)
    assert answer[:3] == code


@pytest.mark.parametrize(
    ("helo", "invalid", "short"),
    [
        ("a.test", False, False),
        ("a.test.", False, False),
        ("nodots", False, True),
        ("-bad.test", True, True),
        ("bad_..name", True, True),
        ("192.0.2.1", False, True),
        ("[192.0.2.1]", False, False),
        ("[192.0.2.999]", True, True),
        ("[IPv6:2001:db8::1]", False, False),
        ("[2001:db8::1]", True, True),
        ("[IPv6:192.0.2.1]", True, True),
        ("[192.0.2.1", True, True),
    ],
)
def test_helo_names(helo: str, invalid: bool, short: bool) -> None:
    for word, code, refused in (
        ("reject_invalid_helo_hostname", "501 5.5.2", invalid),
        ("reject_non_fqdn_helo_hostname", "504 5.5.2", short),
    ):
        judge = Judge.of({"smtpd_helo_restrictions": word})
        judge.facts.helo = helo
        assert judge.rcpt().startswith(code) == refused, word


def test_silent_client_has_no_helo_to_judge() -> None:
    judge = Judge.of({"smtpd_sender_restrictions": "reject_invalid_helo_hostname, reject_unknown_helo_hostname"})
    judge.facts.helo = None
    assert judge.rcpt() == ""


def test_unknown_helo_name() -> None:
    judge = Judge.of({"smtpd_helo_restrictions": "reject_unknown_helo_hostname"})
    assert judge.rcpt() == "450 4.7.1 <client.test>: Helo command rejected: Host not found"
    judge.world.dns.answers["client.test", "MX"] = Answer("client.test", "MX", (), 60, False)
    assert judge.rcpt() == ""


@pytest.mark.parametrize(("action", "other_refusal"), [("defer_if_permit", "554"), ("defer", "450")])
def test_helo_name_that_nobody_can_look_up(action: str, other_refusal: str) -> None:
    settings = {
        "smtpd_helo_restrictions": "reject_unknown_helo_hostname",
        "unknown_helo_hostname_tempfail_action": action,
        "smtpd_sender_restrictions": "inline:{b@sender.test=REJECT}",
    }
    judge = Judge.of(settings)
    judge.world.dns.answers["client.test", "A"] = TryAgainError("client.test", "A")
    assert judge.rcpt() == "450 4.7.1 <client.test>: Helo command rejected: Host not found"
    judge.facts.sender = "b@sender.test"
    assert judge.rcpt()[:3] == other_refusal
