"""Shared parameters: who this host is, on which addresses, and which networks it trusts. Light."""

from __future__ import annotations

from pymail.config.declare import ParamSet, boolean, integer, string


class NetworkParams(ParamSet):
    """Who this host is, on which addresses, and which networks it trusts."""

    myhostname = string("", doc="The host name of this mail system.")
    mydomain = string("", doc="The domain of this mail system.")
    mynetworks = string("", doc="Networks whose clients have more rights.")
    mynetworks_style = string(
        "${{$compatibility_level} <level {2} ? {subnet} : {host}}",
        doc="How mynetworks is made up when it is not set: host, subnet or class.",
        minimum=1,
    )
    inet_interfaces = string("all", doc="Addresses on which mail is received.")
    inet_protocols = string("all", doc="Internet protocols in use: all, ipv4, ipv6.", since="2.2")
    proxy_interfaces = string("", doc="Outside addresses of a proxy or translator before this host.", since="2.0")
    known_tcp_ports = string(
        "lmtp=24, smtp=25, smtps=submissions=465, submission=587",
        doc="Port numbers by service name, before /etc/services.",
        since="3.6",
    )
    tcp_windowsize = integer(0, doc="Size of the TCP window; 0: the system's.", since="2.6")
    disable_dns_lookups = boolean(False, doc="Find hosts without the DNS.")
    dns_ncache_ttl_fix_enable = boolean(
        False, doc="Work around resolvers that hide the time of negative answers.", since="3.1"
    )
    dnssec_probe = string(
        "ns:.", doc="Query that finds out whether the resolver validates DNSSEC; empty: none.", since="3.6"
    )
    smtputf8_enable = boolean(
        "${{$compatibility_level} <level {1} ? {no} : {yes}}", doc="Support internationalised addresses.", since="3.0"
    )
    strict_smtputf8 = boolean(False, doc="Take UTF-8 only from clients that asked for SMTPUTF8.", since="3.0")
    smtputf8_autodetect_classes = string(
        "sendmail, verify", doc="Mail for which the need of SMTPUTF8 is found out.", since="3.0", minimum=1
    )
    enable_idna2003_compatibility = boolean(False, doc="Convert domain names by the older rules of IDNA.", since="3.2")
    parent_domain_matches_subdomains = string(
        "debug_peer_list,fast_flush_domains,mynetworks,permit_mx_backup_networks,qmqpd_authorized_clients,relay_domains,smtpd_access_maps",
        doc="Lists in which example.com matches its subdomains, too.",
    )
