"""The texts that a failed lookup puts into logs and bounces are Postfix's."""

from __future__ import annotations

import pytest

from pymail.dns.answer import (
    Answer,
    DnsError,
    InvalidNameError,
    InvalidReplyError,
    MxRecord,
    NoDataError,
    NotFoundError,
    NullMxError,
    TryAgainError,
)

PREFIX = "Host or domain name not found. Name service error for "


@pytest.mark.parametrize(
    ("error", "text"),
    [
        pytest.param(NotFoundError("nx.test", "A"), PREFIX + "name=nx.test type=A: Host not found", id="nxdomain"),
        pytest.param(
            NoDataError("d.test", "A"),
            PREFIX + "name=d.test type=A: Host found but no data record of requested type",
            id="no-data",
        ),
        pytest.param(
            TryAgainError("serv.test", "MX"),
            PREFIX + "name=serv.test type=MX: Host not found, try again",
            id="try-again",
        ),
        pytest.param(
            InvalidReplyError("d.test", "MX"),
            PREFIX + "name=d.test type=MX: Malformed or unexpected name server reply",
            id="malformed",
        ),
        pytest.param(InvalidNameError("a..b", "MX"), PREFIX + "a..b: invalid host or domain name", id="invalid-name"),
        pytest.param(NullMxError("null.test", "MX"), "Domain null.test does not accept mail (nullMX)", id="null-mx"),
    ],
)
def test_the_text_is_the_one_of_postfix(error: DnsError, text: str) -> None:
    assert str(error) == text


def test_values_are_given_by_kind() -> None:
    answer = Answer("d.test", "MX", (MxRecord(10, "mx.test"),), 60, authenticated=False)
    assert answer.exchanges == (MxRecord(10, "mx.test"),)
    assert answer.texts == ()
