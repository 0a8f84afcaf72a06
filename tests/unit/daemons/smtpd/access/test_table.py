"""Access tables. See also the transcripts access_actions and access_keys."""

from __future__ import annotations

import pytest

from pymail.daemons.smtpd.access.facts import Client
from pymail.daemons.smtpd.access.table import host_keys, name_keys
from pymail.tables.match import DomainMatch
from tests.support.smtpd_rig import Judge, settled


def sender_table(entry: str, **settings: str) -> Judge:
    """A judge whose sender table has one entry, for the sender."""
    return Judge.of({"smtpd_sender_restrictions": f"inline:{{{{a@sender.test={entry}}}}}", **settings})


@pytest.mark.parametrize(
    ("name", "address", "keys"),
    [
        pytest.param("a.b.test", "192.0.2.1", "a.b.test b.test test 192.0.2.1 192.0.2 192.0 192", id="name-and-ipv4"),
        pytest.param("unknown", "2001:db8::1", "unknown 2001:db8::1 2001:db8 2001", id="ipv6"),
        pytest.param("192.0.2.1", "192.0.2.1", "192.0.2.1 192.0.2.1 192.0.2 192.0 192", id="numerical-name"),
    ],
)
def test_keys_of_a_client(name: str, address: str, keys: str) -> None:
    found = [key.text for key in host_keys(name, address, DomainMatch.PARENT)]
    assert list(dict.fromkeys(found)) == list(dict.fromkeys(keys.split()))


def test_parents_may_be_written_with_a_dot() -> None:
    assert [key.text for key in name_keys("a.b.test", DomainMatch.DOT)] == ["a.b.test", ".b.test", ".test"]


def test_patterns_see_whole_keys_only() -> None:
    partial = [key.partial for key in host_keys("a.test", "192.0.2.1", DomainMatch.PARENT)]
    assert partial == [False, True, False, True, True, True]


@pytest.mark.parametrize(
    ("client", "answer"),
    [
        (Client("mail.spam.test", "192.0.2.1"), "554 5.7.1 <mail.spam.test[192.0.2.1]>: Client host rejected: by name"),
        (Client("x.test", "198.51.100.7"), "554 5.7.1 <x.test[198.51.100.7]>: Client host rejected: by network"),
        (Client("good.spam.test", "198.51.100.7"), ""),
    ],
)
def test_name_of_a_client_comes_before_its_address(client: Client, answer: str) -> None:
    settings = {
        "smtpd_client_restrictions": "inline:{{spam.test=REJECT by name},{good.spam.test=DUNNO},"
        "{198.51.100=REJECT by network}}",
        "mynetworks": "192.0.2.0/24, 198.51.100.0/24",
    }
    assert Judge.of(settings, client=client).rcpt() == answer


def test_null_sender_has_a_key_of_its_own() -> None:
    judge = Judge.of({"smtpd_sender_restrictions": "inline:{<>=REJECT}"})
    judge.facts.sender = ""
    assert judge.rcpt() == "554 5.7.1 <>: Sender address rejected: Access denied"


@pytest.mark.parametrize(
    ("entry", "attribute", "value", "action", "text"),
    [
        ("HOLD for a look", "hold", True, "hold", "for a look"),
        ("DISCARD", "discard", True, "discard", "triggers DISCARD action"),
        ("FILTER x:y", "content_filter", "x:y", "filter", "triggers FILTER x:y"),
        ("REDIRECT x@y", "redirect", "x@y", "redirect", "triggers REDIRECT x@y"),
        ("BCC x@y", "bcc", ["x@y"], "bcc", "triggers BCC x@y"),
    ],
)
def test_actions_on_the_message(entry: str, attribute: str, value: object, action: str, text: str) -> None:
    judge = sender_table(entry)
    assert judge.rcpt() == ""
    assert getattr(judge.facts.actions, attribute) == value
    line = f"NOQUEUE: {action}: RCPT from localhost[127.0.0.1]: <a@sender.test>: Sender address {text}; from="
    assert judge.world.lines[0].startswith(line)


def test_prepended_header_is_kept() -> None:
    judge = sender_table("PREPEND X-Seen: yes")
    assert judge.rcpt() == ""
    assert judge.facts.actions.prepend == ["X-Seen: yes"]


def test_prepend_comes_too_late_at_the_end_of_data() -> None:
    judge = Judge.of({"smtpd_end_of_data_restrictions": "check_sender_access inline:{{a@sender.test=PREPEND X-A: b}}"})
    judge.facts.where = "END-OF-MESSAGE"
    assert settled(judge.access.at_end_of_data(judge.facts)) is None
    assert judge.facts.actions.prepend == []
    assert "must be used before END-OF-MESSAGE" in judge.world.lines[0]


def test_message_actions_need_a_message() -> None:
    judge = Judge.of({"smtpd_delay_reject": "no", "smtpd_client_restrictions": "inline:{127.0.0.1=HOLD}"})
    judge.facts.sender = None
    assert settled(judge.access.at_connect(judge.facts)) is None
    assert not judge.facts.actions.hold
    assert judge.world.lines == [
        "warning: access table inline:{127.0.0.1=HOLD}: with smtpd_delay_reject=no, action HOLD is always skipped in "
        "Client host or Helo command restrictions"
    ]


def test_table_that_names_a_table_is_a_mistake() -> None:
    judge = Judge.of({"smtpd_sender_restrictions": "inline:{{a@sender.test=check_client_access static:OK}}"})
    assert judge.rcpt() == "451 4.3.5 Server configuration error"
    assert judge.world.lines[1:3] == [
        "warning: do not specify lookup tables inside SMTPD access maps",
        "warning: define a restriction class and specify its name instead.",
    ]


def test_table_may_name_restrictions_and_classes() -> None:
    settings = {"smtpd_restriction_classes": "strict", "strict": "reject_non_fqdn_sender, reject"}
    assert sender_table("strict", **settings).rcpt().startswith("554")
    assert sender_table("permit_mynetworks, reject", **settings).rcpt() == ""


def test_class_and_table_that_call_each_other_end() -> None:
    settings = {
        "smtpd_restriction_classes": "again",
        "again": "check_sender_access inline:{{a@sender.test=again}}",
        "smtpd_sender_restrictions": "again",
    }
    assert Judge.of(settings).rcpt() == "451 4.3.5 Server configuration error"


def test_failing_table_refuses_for_now() -> None:
    judge = Judge.of({"smtpd_sender_restrictions": "fail:x"})
    assert judge.rcpt() == "451 4.3.5 <a@sender.test>: Sender address rejected: Server configuration error"


def test_resolver_that_is_away_refuses_for_now() -> None:
    judge = sender_table("OK", virtual_alias_domains="fail:x")
    assert judge.rcpt() == "451 4.3.0 <a@sender.test>: Temporary lookup failure"
