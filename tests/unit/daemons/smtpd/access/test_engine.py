"""When which list is evaluated."""

from __future__ import annotations

import pytest

from pymail.daemons.smtpd.access.engine import RELAY_GUARDS
from pymail.daemons.smtpd.access.facts import HANGUP
from pymail.log.fatal import FatalError
from tests.support.smtpd_rig import Judge, World, settled

GUARD = {"smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination"}
STRANGERS = {"mynetworks": "192.0.2.1", **GUARD}


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"smtpd_relay_restrictions": "", "smtpd_recipient_restrictions": ""}, id="empty"),
        pytest.param({"smtpd_relay_restrictions": "permit_mynetworks"}, id="permit-only"),
        pytest.param({"smtpd_relay_restrictions": "warn_if_reject reject_unauth_destination"}, id="warn-only"),
        pytest.param({"smtpd_relay_restrictions": "permit, reject_unauth_destination"}, id="never-reached"),
        pytest.param(
            {"smtpd_restriction_classes": "c", "c": "permit_mynetworks", "smtpd_relay_restrictions": "c"}, id="class"
        ),
        pytest.param(
            {"smtpd_restriction_classes": "c", "c": "c", "smtpd_relay_restrictions": "c"}, id="class-in-itself"
        ),
    ],
)
def test_no_start_as_an_open_relay(settings: dict[str, str]) -> None:
    with pytest.raises(FatalError, match="specify at least one working instance of: reject_unauth_destination"):
        World.of(settings).shared()


@pytest.mark.parametrize("word", RELAY_GUARDS)
def test_each_guard_is_enough(word: str) -> None:
    assert World.of({"smtpd_relay_restrictions": "", "smtpd_recipient_restrictions": word}).shared().access


def test_guard_in_a_class_is_enough() -> None:
    settings = {"smtpd_restriction_classes": "c", "c": "reject_unauth_destination", "smtpd_relay_restrictions": "c"}
    assert World.of(settings).shared().access


def test_postmaster_is_always_accepted() -> None:
    judge = Judge.of({"smtpd_client_restrictions": "reject"})
    assert judge.rcpt("PostMaster") == ""
    assert judge.rcpt("postmaster@local.test") != ""


def test_lists_wait_for_the_recipient_in_their_order() -> None:
    judge = Judge.of(
        {
            "smtpd_client_restrictions": "inline:{{127.0.0.2=450 client}}",
            "smtpd_helo_restrictions": "inline:{{client.test=450 helo}}",
            "smtpd_sender_restrictions": "reject",
        }
    )
    assert settled(judge.access.at_connect(judge.facts)) is None
    assert settled(judge.access.at_helo(judge.facts)) is None
    assert settled(judge.access.at_mail(judge.facts)) is None
    assert judge.rcpt() == "450 4.7.1 <client.test>: Helo command rejected: helo"


def test_without_delay_each_list_answers_at_its_stage() -> None:
    judge = Judge.of({"smtpd_delay_reject": "no", "smtpd_sender_restrictions": "reject"})
    assert settled(judge.access.at_connect(judge.facts)) is None
    reply = settled(judge.access.at_mail(judge.facts))
    assert reply is not None and reply.code == 554
    assert judge.rcpt() == ""


def test_ok_in_one_list_is_not_ok_in_the_other() -> None:
    judge = Judge.of(
        {
            **STRANGERS,
            "smtpd_recipient_restrictions": "inline:{x@foreign.test=OK}",
        }
    )
    assert judge.rcpt("x@foreign.test") == "554 5.7.1 <x@foreign.test>: Relay access denied"


@pytest.mark.parametrize(("first", "text"), [("yes", "relay"), ("no", "recipient")])
def test_order_of_relay_and_recipient_lists(first: str, text: str) -> None:
    judge = Judge.of(
        {
            "smtpd_relay_before_recipient_restrictions": first,
            "smtpd_relay_restrictions": "inline:{{local.test=450 relay}}, reject_unauth_destination",
            "smtpd_recipient_restrictions": "inline:{{local.test=450 recipient}}",
        }
    )
    assert judge.rcpt().endswith(text)


def test_pending_deferral_becomes_the_answer_and_only_then() -> None:
    judge = Judge.of({"smtpd_helo_restrictions": "defer_if_permit"})
    assert judge.rcpt() == "450 4.7.0 <client.test>: Helo command rejected: defer_if_permit requested"
    judge = Judge.of({"smtpd_helo_restrictions": "defer_if_permit", "smtpd_sender_restrictions": "reject"})
    assert judge.rcpt().startswith("554")


def test_deferral_survives_from_recipient_to_recipient_and_ends_with_its_stage() -> None:
    judge = Judge.of({"smtpd_recipient_restrictions": "inline:{root@local.test=DEFER_IF_PERMIT}"})
    assert judge.rcpt("root@local.test").startswith("450")
    assert judge.rcpt("user@local.test") == ""


def test_existence_is_tested_at_the_end() -> None:
    assert Judge.of(GUARD).rcpt("nosuch@local.test").startswith("550 5.1.1")
    assert Judge.of({"smtpd_reject_unlisted_recipient": "no"}).rcpt("nosuch@local.test") == ""


def test_discarded_message_may_go_to_anybody() -> None:
    judge = Judge.of({"smtpd_sender_restrictions": "inline:{a@sender.test=DISCARD}"})
    assert judge.rcpt("nosuch@local.test") == ""
    assert judge.facts.actions.discard


def test_data_and_end_lists_judge_the_message() -> None:
    judge = Judge.of({"smtpd_data_restrictions": "reject", "smtpd_end_of_data_restrictions": "defer_if_permit"})
    data = settled(judge.access.at_data(judge.facts))
    assert data is not None and data.text == "554 5.7.1 <DATA>: Data command rejected: Access denied"
    end = settled(judge.access.at_end_of_data(judge.facts))
    assert end is not None and end.text.startswith("450 4.7.0 <END-OF-MESSAGE>: End-of-data rejected")


def test_etrn_list_judges_a_domain() -> None:
    judge = Judge.of({"smtpd_etrn_restrictions": "inline:{sub.example.test=REJECT}"})
    refused = settled(judge.access.at_etrn(judge.facts, "sub.example.test"))
    assert refused is not None
    assert refused.text == "554 5.7.1 <sub.example.test>: Etrn command rejected: Access denied"
    assert settled(judge.access.at_etrn(judge.facts, "other.test")) is None


def test_etrn_waits_for_the_client_list() -> None:
    judge = Judge.of({"smtpd_client_restrictions": "reject"})
    assert settled(judge.access.at_etrn(judge.facts, "x.test")) is not None


def test_hangup_is_a_refusal_that_is_not_sent() -> None:
    judge = Judge.of({"smtpd_client_restrictions": "inline:{{127.0.0.1=HANGUP bye}}"})
    judge.facts.recipient = "user@local.test"
    assert settled(judge.access.at_rcpt(judge.facts)) is HANGUP
