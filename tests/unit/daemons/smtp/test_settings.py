"""The configuration of a worker."""

from __future__ import annotations

from pathlib import Path

import pytest

from pymail.client.nexthop import NexthopError
from pymail.daemons.smtp.settings import HeaderFlags, port_number
from pymail.log.fatal import FatalError
from pymail.proto.smtp.client import Verb
from pymail.proto.smtp.extensions import Extension
from tests.support.smtp_client_rig import settings


def test_the_defaults(tmp_path: Path) -> None:
    config = settings(tmp_path)
    assert config.default_port == 25
    assert config.timeouts[Verb.MAIL] == 300
    assert config.timeouts[Verb.END_OF_DATA] == 600
    assert config.route.families == ("A",)
    assert config.fallback == ()
    assert not config.is_final


def test_lmtp_reads_its_mirrors(tmp_path: Path) -> None:
    config = settings(
        tmp_path, {"lmtp_rcpt_timeout": "7s", "smtp_rcpt_timeout": "9s", "smtp_fallback_relay": "x"}, lmtp=True
    )
    assert config.default_port == 24
    assert config.timeouts[Verb.RCPT] == 7
    assert config.connect.timeout == 0
    assert config.fallback == ()


@pytest.mark.parametrize(
    ("name", "number"), [("25", 25), ("smtp", 25), ("lmtp", 24), ("submissions", 465), ("https", 443)]
)
def test_ports_have_names(tmp_path: Path, name: str, number: int) -> None:
    assert settings(tmp_path).port(name) == number


@pytest.mark.parametrize("name", ["0", "65536", "no-such-service", "99999999999999999999"])
def test_other_ports_are_refused(name: str) -> None:
    with pytest.raises(NexthopError):
        port_number(name, {})


def test_flags_of_master_cf() -> None:
    assert HeaderFlags.parse(("flags=DR", "flags=X")) == HeaderFlags(True, False, True, True)
    assert HeaderFlags.parse(()) == HeaderFlags()


@pytest.mark.parametrize("argument", ["flags=Q", "user=me", "flags"])
def test_other_arguments_are_fatal(argument: str) -> None:
    with pytest.raises(FatalError):
        HeaderFlags.parse((argument,))


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"smtp_host_lookup": "nis"}, id="host-lookup"),
        pytest.param({"smtp_dns_support_level": "some"}, id="dns-level"),
        pytest.param({"smtp_address_preference": "ipv5"}, id="preference"),
        pytest.param({"inet_protocols": "ipx"}, id="protocols"),
        pytest.param({"smtp_tcp_port": "nowhere"}, id="port"),
        pytest.param({"known_tcp_ports": "x"}, id="known-ports"),
    ],
)
def test_a_bad_value_is_fatal(tmp_path: Path, values: dict[str, str]) -> None:
    with pytest.raises(FatalError):
        settings(tmp_path, values)


@pytest.mark.parametrize(
    ("values", "use_dns"),
    [({}, True), ({"disable_dns_lookups": "yes"}, False), ({"smtp_dns_support_level": "disabled"}, False)],
)
def test_the_dns_can_be_switched_off(tmp_path: Path, values: dict[str, str], use_dns: bool) -> None:
    assert settings(tmp_path, values).route.use_dns is use_dns


def test_keywords_to_ignore(tmp_path: Path) -> None:
    config = settings(tmp_path, {"smtp_discard_ehlo_keywords": "pipelining, silent-discard, dsn"})
    assert config.discard == {Extension.PIPELINING, Extension.DSN}


@pytest.mark.parametrize("level", ["", "none", "may", "May"])
def test_levels_that_allow_plain_text_are_taken(tmp_path: Path, level: str) -> None:
    assert settings(tmp_path, {"smtp_tls_security_level": level}).default_port == 25


@pytest.mark.parametrize("level", ["encrypt", "dane", "dane-only", "fingerprint", "verify", "secure", "nonsense"])
@pytest.mark.parametrize("lmtp", [False, True], ids=["smtp", "lmtp"])
def test_mail_that_needs_tls_is_not_sent_in_the_clear(tmp_path: Path, level: str, *, lmtp: bool) -> None:
    name = "lmtp_tls_security_level" if lmtp else "smtp_tls_security_level"
    with pytest.raises(FatalError, match=f"{name} = {level}: TLS is not supported yet"):
        settings(tmp_path, {name: level}, lmtp=lmtp)
