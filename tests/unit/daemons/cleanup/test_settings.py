from __future__ import annotations

import pytest

from tests.support.cleanup_rig import settings


@pytest.mark.parametrize(
    ("address", "complete"),
    [
        ("bob", "bob@exam.test"),
        ("bob@host", "bob@host.exam.test"),
        ("a b@x.test", "a b@x.test"),
        ("x.test!bob", "bob@x.test"),
        ("", ""),
    ],
)
def test_an_envelope_address_is_completed(address: str, complete: str) -> None:
    assert settings({"append_dot_mydomain": "yes"}).rewrite_internal(address) == complete


def test_the_header_of_mail_from_outside_has_its_own_rules_or_none() -> None:
    assert settings().remote_rules is None
    rules = settings({"remote_header_rewrite_domain": "invalid.test"}).remote_rules
    assert rules is not None
    assert (rules.origin, rules.domain) == ("invalid.test", "invalid.test")


def test_dropped_fields_are_named_in_lower_case() -> None:
    assert settings({"message_drop_headers": "Bcc, X-Secret"}).drop_headers == {b"bcc", b"x-secret"}
