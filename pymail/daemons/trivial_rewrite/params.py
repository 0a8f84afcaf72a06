"""What trivial-rewrite reads from main.cf."""

from __future__ import annotations

from pymail.config.declare import ParamSet, boolean, string
from pymail.config.params.maps import MapsParams as maps
from pymail.config.params.network import NetworkParams as network
from pymail.config.params.process import ProcessParams as process
from pymail.config.params.routing import RoutingParams as routing


class TrivialRewriteParams(ParamSet):
    """Parameters of trivial-rewrite(8)."""

    config_directory = process.config_directory
    myhostname = network.myhostname
    mydomain = network.mydomain
    inet_interfaces = network.inet_interfaces
    proxy_interfaces = network.proxy_interfaces
    inet_protocols = network.inet_protocols
    parent_domain_matches_subdomains = network.parent_domain_matches_subdomains

    myorigin = routing.myorigin
    append_at_myorigin = routing.append_at_myorigin
    append_dot_mydomain = routing.append_dot_mydomain
    swap_bangpath = routing.swap_bangpath
    allow_percent_hack = routing.allow_percent_hack
    remote_header_rewrite_domain = routing.remote_header_rewrite_domain
    resolve_dequoted_address = routing.resolve_dequoted_address
    resolve_null_domain = routing.resolve_null_domain
    resolve_numeric_domain = routing.resolve_numeric_domain
    empty_address_recipient = routing.empty_address_recipient
    recipient_delimiter = routing.recipient_delimiter

    mydestination = routing.mydestination
    virtual_alias_domains = routing.virtual_alias_domains
    virtual_mailbox_domains = routing.virtual_mailbox_domains
    relay_domains = routing.relay_domains
    local_transport = routing.local_transport
    virtual_transport = routing.virtual_transport
    relay_transport = routing.relay_transport
    default_transport = routing.default_transport
    relayhost = routing.relayhost
    transport_maps = routing.transport_maps
    relocated_maps = maps.relocated_maps
    show_user_unknown_table_name = routing.show_user_unknown_table_name
    sender_dependent_relayhost_maps = string("", doc="Next hop by sender, instead of relayhost.", since="2.3")
    sender_dependent_default_transport_maps = string(
        "", doc="Transport and next hop by sender, instead of default_transport.", since="2.7"
    )
    empty_address_relayhost_maps_lookup_key = string(
        "<>", doc="The empty sender in sender_dependent_relayhost_maps.", since="2.5", minimum=1
    )
    empty_address_default_transport_maps_lookup_key = string(
        "<>", doc="The empty sender in sender_dependent_default_transport_maps.", since="2.7", minimum=1
    )
    relocated_prefix_enable = boolean(
        True, doc='Put "5.1.6 User has moved to" before the results of relocated_maps.', since="3.11"
    )

    address_verify_local_transport = string(
        "$local_transport", doc="local_transport for address probes.", since="2.1", minimum=1
    )
    address_verify_virtual_transport = string(
        "$virtual_transport", doc="virtual_transport for address probes.", since="2.1", minimum=1
    )
    address_verify_relay_transport = string(
        "$relay_transport", doc="relay_transport for address probes.", since="2.1", minimum=1
    )
    address_verify_default_transport = string(
        "$default_transport", doc="default_transport for address probes.", since="2.1", minimum=1
    )
    address_verify_relayhost = string("$relayhost", doc="relayhost for address probes.", since="2.1")
    address_verify_transport_maps = string("$transport_maps", doc="transport_maps for address probes.", since="2.1")
    address_verify_sender_dependent_relayhost_maps = string(
        "$sender_dependent_relayhost_maps", doc="sender_dependent_relayhost_maps for address probes.", since="2.3"
    )
    address_verify_sender_dependent_default_transport_maps = string(
        "$sender_dependent_default_transport_maps",
        doc="sender_dependent_default_transport_maps for address probes.",
        since="2.7",
    )
