"""Settings that nobody reads are heard of."""

from __future__ import annotations

import pytest

from pymail.commands.postfix_settings import read_parameters, settings_without_effect
from tests.support.configuration import configuration


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        pytest.param({"header_checks": "regexp:/etc/postfix/checks"}, ["header_checks"], id="not-read"),
        pytest.param({"relayhost": "[x.test]"}, [], id="read"),
        pytest.param({"header_checks": ""}, [], id="its-default"),
        pytest.param({"readme_directory": "/usr/share/doc"}, [], id="harmless"),
        pytest.param({"relay_destination_concurrency_limit": "3"}, [], id="of-a-service"),
        pytest.param({"my_own_name": "x"}, [], id="of-the-user"),
    ],
)
def test_what_has_no_effect_is_named_with_its_line(settings: dict[str, str], named: list[str]) -> None:
    warnings = settings_without_effect(configuration(settings))
    assert [warning.split(": ")[1] for warning in warnings] == named
    assert all("main.cf, line 5: " in warning for warning in warnings)


def test_what_the_daemons_list_is_read() -> None:
    assert {"myhostname", "mynetworks", "alias_maps", "smtpd_banner", "relayhost"} <= read_parameters()
