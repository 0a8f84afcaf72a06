"""Parameters of smtp(8) and lmtp(8).

The two are one program. `SmtpParams` declares the parameters under their smtp_ names; `LmtpParams` is the same set read
from the lmtp_ mirrors, so that the program reads `params.smtp_connect_timeout` in both modes.
"""

from __future__ import annotations

from typing import Final

from pymail.config.declare import Declaration, boolean, integer, seconds, string
from pymail.config.params.network import NetworkParams as network
from pymail.config.params.queueing import QueueingParams as queueing
from pymail.config.params.routing import RoutingParams as routing
from pymail.delivery.params import ReportParams


class SmtpParams(ReportParams):
    """What the SMTP client reads."""

    hash_queue_names = queueing.hash_queue_names
    hash_queue_depth = queueing.hash_queue_depth
    myhostname = network.myhostname
    inet_interfaces = network.inet_interfaces
    inet_protocols = network.inet_protocols
    proxy_interfaces = network.proxy_interfaces
    known_tcp_ports = network.known_tcp_ports
    smtputf8_enable = network.smtputf8_enable
    disable_dns_lookups = network.disable_dns_lookups
    relayhost = routing.relayhost

    best_mx_transport = string("", doc="Where mail goes for which this host is the best exchanger, instead of back.")
    ignore_mx_lookup_error = boolean(False, doc="Use the domain's address when its MX lookup fails.")
    lmtp_assume_final = boolean(False, doc="An LMTP server without DSN delivers: report success as such.", since="2.6")

    smtp_address_preference = string("any", doc="Protocol tried first: ipv6, ipv4, any.", since="2.8", minimum=1)
    smtp_address_verify_target = string(
        "rcpt", doc="Where an address probe ends: rcpt or data.", since="3.0", minimum=1
    )
    smtp_always_send_ehlo = boolean(True, doc="Send EHLO whatever the greeting says.")
    smtp_balance_inet_protocols = boolean(
        True, doc="Let smtp_mx_address_limit leave addresses of both protocols.", since="3.3"
    )
    smtp_bind_address = string("", doc="Source address of IPv4 connections.")
    smtp_bind_address6 = string("", doc="Source address of IPv6 connections.", since="2.2")
    smtp_bind_address_enforce = boolean(False, doc="Defer mail when the source address cannot be had.", since="3.7")
    smtp_connect_timeout = seconds("30s", doc="Time for a connection to come about; 0: the system's.", minimum=0)
    smtp_connection_cache_destinations = string(
        "", doc="Destinations whose connections are always kept for more mail.", since="2.2"
    )
    smtp_connection_cache_on_demand = boolean(
        True, doc="Keep connections while the queue manager has more mail for the destination.", since="2.2"
    )
    smtp_connection_cache_time_limit = seconds("2s", doc="How long an idle connection is kept.", since="2.2", minimum=1)
    smtp_connection_reuse_count_limit = integer(
        0, doc="How many messages one connection carries; 0: no limit.", since="2.11", minimum=0
    )
    smtp_connection_reuse_time_limit = seconds("300s", doc="How long one connection is used.", since="2.3", minimum=1)
    smtp_data_done_timeout = seconds("600s", doc="Time for the reply to the end of the message.", minimum=1)
    smtp_data_init_timeout = seconds("120s", doc="Time for the reply to DATA.", minimum=1)
    smtp_data_xfer_timeout = seconds("180s", doc="Time without progress while the message is sent.", minimum=1)
    smtp_defer_if_no_mx_address_found = boolean(
        False, doc="Keep mail for a domain whose exchangers have no address.", since="2.1"
    )
    smtp_discard_ehlo_keywords = string("", doc="EHLO keywords of servers that are ignored.", since="2.2")
    smtp_dns_support_level = string("", doc="disabled, enabled or dnssec.", since="2.11")
    smtp_fallback_relay = string("$fallback_relay", doc="Where mail goes that no other server takes.")
    smtp_helo_name = string("$myhostname", doc="The name in EHLO and HELO.", minimum=1)
    smtp_helo_timeout = seconds("300s", doc="Time for the greeting, and for the reply to EHLO.", minimum=1)
    smtp_host_lookup = string("dns", doc="How hosts are found: dns, native, or both in order.", since="2.1", minimum=1)
    smtp_line_length_limit = integer(998, doc="Longer lines are broken; 0: never.", minimum=0)
    smtp_mail_timeout = seconds("300s", doc="Time for the reply to MAIL.", minimum=1)
    smtp_mx_address_limit = integer(5, doc="How many addresses are tried; 0: all.", since="2.1", minimum=0)
    smtp_mx_session_limit = integer(2, doc="How many servers that talk are tried; 0: all.", since="2.1", minimum=0)
    smtp_never_send_ehlo = boolean(False, doc="Send HELO only.")
    smtp_quit_timeout = seconds("300s", doc="Time for the reply to QUIT.", minimum=1)
    smtp_quote_rfc821_envelope = boolean(True, doc="Quote local parts in MAIL and RCPT as needed.", since="2.1")
    smtp_randomize_addresses = boolean(True, doc="Try equal exchangers in random order.")
    smtp_rcpt_timeout = seconds("300s", doc="Time for the reply to RCPT.", minimum=1)
    smtp_rset_timeout = seconds("20s", doc="Time for the reply to RSET.", since="2.1", minimum=1)
    smtp_skip_5xx_greeting = boolean(True, doc="Treat a server that greets with 5xx as one that is busy.")
    smtp_skip_quit_response = boolean(True, doc="Hang up without the reply to QUIT.")
    smtp_tcp_port = string("smtp", doc="The port when the next hop names none.", since="3.2")
    smtp_tls_security_level = string(
        "${{$compatibility_level} <level {3.11} ? {} : {may}}", doc="none, may; others need TLS.", since="2.3"
    )


#: Where the LMTP parameter is more than a change of prefix: its name.
_LMTP_NAMES: Final = {
    "smtp_helo_name": "lmtp_lhlo_name",
    "smtp_helo_timeout": "lmtp_lhlo_timeout",
    "smtp_discard_ehlo_keywords": "lmtp_discard_lhlo_keywords",
}
#: Where the default of the LMTP parameter is another.
_LMTP_DEFAULTS: Final = {
    "smtp_connect_timeout": "0s",
    "smtp_fallback_relay": "",
    "smtp_skip_quit_response": "no",
    "smtp_tcp_port": "24",
    "smtp_tls_security_level": "",
}
#: LMTP has only LHLO.
_SMTP_ONLY: Final = frozenset({"smtp_always_send_ehlo", "smtp_never_send_ehlo"})


def _mirror(attribute: str, original: Declaration) -> Declaration:
    """Return the lmtp_ counterpart of a declaration."""
    mirror = Declaration(
        original.type,
        _LMTP_DEFAULTS.get(attribute, original.default),
        doc=original.doc,
        since=original.since,
        name=_LMTP_NAMES.get(attribute, attribute.replace("smtp_", "lmtp_", 1)),
    )
    mirror.minimum, mirror.maximum = original.minimum, original.maximum
    return mirror


LmtpParams: Final[type[SmtpParams]] = type(
    "LmtpParams",
    (SmtpParams,),
    {
        "__doc__": "What the LMTP client reads, under the attribute names of SmtpParams.",
        "__module__": __name__,
    }
    | {
        attribute: _mirror(attribute, value)
        for attribute, value in vars(SmtpParams).items()
        if attribute.startswith("smtp_") and isinstance(value, Declaration) and attribute not in _SMTP_ONLY
    },
)
