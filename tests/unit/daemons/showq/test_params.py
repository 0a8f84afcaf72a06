"""The parameters of showq."""

from __future__ import annotations

from pymail.config.main_cf import MainCf
from pymail.daemons.showq.params import ShowqParams


def test_the_defaults_are_those_of_postfix() -> None:
    params = ShowqParams(MainCf("/nonexistent"))
    assert (params.duplicate_filter_limit, params.empty_address_recipient) == (1000, "MAILER-DAEMON")
    assert (params.hash_queue_names, params.hash_queue_depth) == ("deferred, defer", 1)
