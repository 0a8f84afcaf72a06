"""pymail.config.computed"""

from __future__ import annotations

import os

import pytest

from pymail.config.computed import COMPUTED, domain_to_ascii
from pymail.config.main_cf import MainCf


@pytest.mark.parametrize(
    ("hostname", "domain"), [("mail.example.com", "example.com"), ("mail", "localdomain"), ("a.b", "b")]
)
def test_mydomain_is_the_rest_of_myhostname(hostname: str, domain: str) -> None:
    assert MainCf("/etc/postfix", {"myhostname": hostname}).value("mydomain") == domain


def test_myhostname_is_completed_with_mydomain() -> None:
    name = MainCf("/etc/postfix", {"mydomain": "example.com"}).value("myhostname")
    assert name == os.uname().nodename or name == f"{os.uname().nodename}.example.com"


def test_facts_of_the_process() -> None:
    conf = MainCf("/some/where", {"x": "$process_id $config_directory $mail_version$stress$service_name"})
    assert conf.value("x") == f"{os.getpid()} /some/where 3.12.0"


def test_every_computed_default_is_a_text() -> None:
    conf = MainCf("/etc/postfix")
    assert all(isinstance(compute(conf), str) for compute in COMPUTED.values())


@pytest.mark.parametrize(
    ("domain", "result"),
    [("example.com", "example.com"), ("bücher.example", "xn--bcher-kva.example"), ("ü..x", "ü..x")],
)
def test_a_domain_gets_its_ascii_form(domain: str, result: str) -> None:
    assert domain_to_ascii(domain) == result
