"""The parameters of postqueue."""

from __future__ import annotations

from pymail.commands.postqueue_params import PostqueueParams
from pymail.config.main_cf import MainCf


def test_the_defaults_are_those_of_postfix() -> None:
    params = PostqueueParams(MainCf("/nonexistent", {"relay_domains": "a.test"}))
    assert (params.authorized_mailq_users, params.authorized_flush_users) == ("static:anyone", "static:anyone")
    assert params.fast_flush_domains == "a.test"
    assert (params.showq_service_name, params.flush_service_name) == ("showq", "flush")
