"""The configuration of one worker, ready for use: made once from the parameters and the arguments of master.cf."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pymail.client.connect import ConnectOptions
from pymail.client.nexthop import NexthopError, parse_known_ports, split_nexthops
from pymail.client.route import RoutePolicy
from pymail.daemons.smtp.params import SmtpParams
from pymail.log.fatal import FatalError
from pymail.net.families import BadProtocolError, parse_protocols
from pymail.proto.smtp.client import Verb
from pymail.proto.smtp.extensions import Extension, parse_keywords

#: Security levels at which mail may go without TLS.
_LEVELS_WITHOUT_TLS: Final = ("", "none", "may")
SMTP_PORT: Final = 25  # RFC 5321 §4.5.4.2; loops are looked for on this port only

_WORDS: Final = re.compile(r"[\s,]+")


@dataclass(frozen=True, slots=True)
class HeaderFlags:
    """`flags=DORX` of master.cf."""

    delivered_to: bool = False
    original_to: bool = False
    return_path: bool = False
    final: bool = False

    @classmethod
    def parse(cls, arguments: Sequence[str]) -> HeaderFlags:
        """Read the arguments of the command; raises FatalError."""
        letters = ""
        for argument in arguments:
            name, equals, value = argument.partition("=")
            if name != "flags" or not equals:
                raise FatalError(f"unknown attribute name: {argument}")
            letters += value
        if strange := set(letters) - set("DORX"):
            raise FatalError(f"unknown flag: {''.join(sorted(strange))}. Need `DORX'.")
        return cls("D" in letters, "O" in letters, "R" in letters, "X" in letters)


@dataclass(frozen=True, slots=True)
class Reuse:
    """When a connection carries more than one message. Times in seconds, 0: no limit of the count."""

    on_demand: bool
    destinations: frozenset[str]
    idle_limit: float
    age_limit: float
    count_limit: int


@dataclass(frozen=True, slots=True)
class Settings:
    """What deliveries go by."""

    lmtp: bool
    params: SmtpParams
    ports: Mapping[str, int]
    default_port: int
    timeouts: Mapping[Verb, float]
    connect: ConnectOptions
    route: RoutePolicy
    reuse: Reuse
    discard: frozenset[Extension]
    fallback: tuple[str, ...]
    flags: HeaderFlags

    def port(self, name: str) -> int:
        """Return the number of a port; empty is the default. Raises NexthopError."""
        return port_number(name, self.ports) if name else self.default_port

    @property
    def is_final(self) -> bool:
        """Whether success means delivered, not relayed."""
        return self.flags.final or (self.lmtp and self.params.lmtp_assume_final)


def port_number(name: str, known: Mapping[str, int]) -> int:
    """Return the number of a service: a number, a name of known_tcp_ports, or one of services(5).

    Raises NexthopError.
    """
    if name.isascii() and name.isdigit():
        number = int(name) if len(name) < 6 else 0
        if 0 < number < 65536:
            return number
        raise NexthopError(f"bad service port: {name}")
    if name in known:
        return known[name]
    try:
        return socket.getservbyname(name, "tcp")
    except OSError:
        raise NexthopError(f"unknown service: {name}/tcp") from None


def make_settings(params: SmtpParams, arguments: Sequence[str], *, lmtp: bool) -> Settings:
    """Return the settings; raises FatalError when the configuration cannot be used."""
    level = params.smtp_tls_security_level
    if level.lower() not in _LEVELS_WITHOUT_TLS:
        # In the clear, mail would go where its administrator forbids it.
        raise FatalError(f"{'lmtp' if lmtp else 'smtp'}_tls_security_level = {level}: TLS is not supported yet")
    try:
        families = parse_protocols(params.inet_protocols)
        ports = parse_known_ports(params.known_tcp_ports)
        default_port = port_number(params.smtp_tcp_port, ports)
    except (BadProtocolError, NexthopError) as error:
        raise FatalError(str(error)) from error
    discard, _ = parse_keywords(params.smtp_discard_ehlo_keywords)
    return Settings(
        lmtp=lmtp,
        params=params,
        ports=ports,
        default_port=default_port,
        timeouts=_timeouts(params),
        connect=ConnectOptions(
            timeout=params.smtp_connect_timeout,
            bind_address=params.smtp_bind_address,
            bind_address6=params.smtp_bind_address6,
            bind_enforce=params.smtp_bind_address_enforce,
        ),
        route=_route_policy(params, tuple("A" if family == socket.AF_INET else "AAAA" for family in families)),
        reuse=Reuse(
            on_demand=params.smtp_connection_cache_on_demand,
            destinations=frozenset(word.lower() for word in _words(params.smtp_connection_cache_destinations)),
            idle_limit=params.smtp_connection_cache_time_limit,
            age_limit=params.smtp_connection_reuse_time_limit,
            count_limit=params.smtp_connection_reuse_count_limit,
        ),
        discard=discard,
        fallback=() if lmtp else split_nexthops(params.smtp_fallback_relay),
        flags=HeaderFlags.parse(arguments),
    )


def _words(text: str) -> list[str]:
    return [word for word in _WORDS.split(text) if word]


def _timeouts(params: SmtpParams) -> dict[Verb, float]:
    """Return how long each command may stay without reply, in seconds."""
    return {
        Verb.CONNECT: params.smtp_helo_timeout,
        Verb.EHLO: params.smtp_helo_timeout,
        Verb.HELO: params.smtp_helo_timeout,
        Verb.LHLO: params.smtp_helo_timeout,
        Verb.MAIL: params.smtp_mail_timeout,
        Verb.RCPT: params.smtp_rcpt_timeout,
        Verb.DATA: params.smtp_data_init_timeout,
        Verb.END_OF_DATA: params.smtp_data_done_timeout,
        Verb.RSET: params.smtp_rset_timeout,
        Verb.QUIT: params.smtp_quit_timeout,
    }


def _route_policy(params: SmtpParams, families: tuple[str, ...]) -> RoutePolicy:
    """Return how hosts are found; raises FatalError."""
    lookup = tuple(_words(params.smtp_host_lookup.lower()))
    if not lookup or set(lookup) - {"dns", "native"}:
        raise FatalError(f"bad host lookup method: {params.smtp_host_lookup}")
    level = params.smtp_dns_support_level.lower() or ("disabled" if params.disable_dns_lookups else "enabled")
    if level not in ("disabled", "enabled", "dnssec"):
        raise FatalError(f"invalid parameter value: {params.smtp_dns_support_level}")
    preference = params.smtp_address_preference.lower()
    if preference not in ("any", "ipv4", "ipv6"):
        raise FatalError(f"bad address preference: {params.smtp_address_preference}")
    return RoutePolicy(
        families=families,
        address_preference=preference,
        randomize=params.smtp_randomize_addresses,
        balance=params.smtp_balance_inet_protocols,
        address_limit=params.smtp_mx_address_limit,
        use_dns=level != "disabled",
        host_lookup=lookup,
        ignore_mx_error=params.ignore_mx_lookup_error,
        defer_if_no_mx_address=params.smtp_defer_if_no_mx_address_found,
    )
