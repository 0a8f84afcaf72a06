"""What smtpd reads from main.cf."""

from __future__ import annotations

from pymail.daemons.smtpd.params import SmtpdParams
from tests.support.configuration import configuration


def test_defaults_keep_strangers_from_relaying() -> None:
    params = SmtpdParams(configuration({}))
    assert params.smtpd_relay_restrictions == "permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination"
    assert params.smtpd_relay_before_recipient_restrictions
    assert params.smtpd_forbid_bare_newline == "normalize"
    assert params.smtpd_forbid_unauth_pipelining


def test_stress_changes_limits() -> None:
    calm = SmtpdParams(configuration({}))
    stressed = SmtpdParams(configuration({"stress": "yes"}))
    assert (calm.smtpd_timeout, calm.smtpd_hard_error_limit, calm.smtpd_per_request_deadline) == (300, 20, False)
    assert (stressed.smtpd_timeout, stressed.smtpd_hard_error_limit, stressed.smtpd_per_request_deadline) == (
        10, 1, True,
    )  # fmt: skip
