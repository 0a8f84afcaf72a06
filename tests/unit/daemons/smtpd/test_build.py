"""From main.cf to a process."""

from __future__ import annotations

import pytest

from pymail.daemons.smtpd.build import DomainSyntax, FreeSpace, has_valid_domain
from pymail.log.fatal import FatalError
from tests.support.smtpd_rig import World, settled


@pytest.mark.parametrize(
    ("address", "valid"),
    [
        ("user", True),
        ("a@b.test", True),
        ("a@b.test.", True),
        ("a@b_c.test", True),
        ("a@[192.0.2.1]", True),
        ("a@[IPv6:::1]", True),
        ("a@", False),
        ("@b.test", False),
        ("@", False),
        ("a@b..test", False),
        ("a@-b.test", False),
        ("a@[foo]", False),
        ("a@[192.0.2.1", False),
        ("a@[::1]", False),
        ("a@b c", False),
    ],
)
def test_domains_that_can_exist(address: str, valid: bool) -> None:
    syntax = DomainSyntax()
    assert has_valid_domain(address) == valid
    assert [syntax(address), syntax(address)] == [valid, valid]


def test_missing_features_are_warned_of() -> None:
    world = World.of({"smtpd_milters": "inet:localhost:1", "smtpd_sasl_auth_enable": "yes"})
    world.shared()
    assert world.lines == [
        "warning: smtpd_milters is not supported yet, and has no effect",
        "warning: smtpd_sasl_auth_enable is not supported yet, and has no effect",
    ]


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"smtpd_tls_security_level": "encrypt"}, "TLS is not supported"),
        ({"smtpd_forbid_bare_newline": "maybe"}, "bad smtpd_forbid_bare_newline value: maybe"),
        ({"inet_protocols": "ipx"}, "ipx"),
        ({"smtpd_forbidden_commands": "{"}, "smtpd_forbidden_commands"),
    ],
)
def test_wrong_configuration_is_fatal(settings: dict[str, str], text: str) -> None:
    with pytest.raises(FatalError, match=text):
        World.of(settings).shared()


@pytest.mark.parametrize(
    ("value", "client", "is_local"),
    [
        ("permit_inet_interfaces", ("localhost", "127.0.0.1"), True),
        ("permit_inet_interfaces", ("x.test", "127.0.0.2"), False),
        ("permit_mynetworks", ("x.test", "127.0.0.2"), True),
        ("check_address_map inline:{192.0.2.1=x}", ("x.test", "192.0.2.1"), True),
        ("fail:x, permit_mynetworks", ("x.test", "127.0.0.2"), True),
        ("nonsense", ("x.test", "127.0.0.1"), False),
        ("", ("x.test", "127.0.0.1"), False),
    ],
)
def test_local_clients(value: str, client: tuple[str, str], is_local: bool) -> None:
    shared = World.of({"local_header_rewrite_clients": value}).shared()
    assert settled(shared.is_local_client(*client)) == is_local


def test_stand_alone_there_is_no_access_control() -> None:
    assert World.of({"smtpd_relay_restrictions": ""}).shared(standalone=True).access is None


def test_free_space_is_looked_at_once_a_second() -> None:
    now = [0.0]
    space = FreeSpace(lambda: now[0])
    assert space() > 0
    known = space()
    now[0] = 0.5
    assert space() == known
