"""Shared parameters: which domains are ours, how addresses are completed, and where mail goes. Light."""

from __future__ import annotations

from pymail.config.declare import ParamSet, boolean, string


class RoutingParams(ParamSet):
    """Which domains are ours, how addresses are completed, and where mail goes."""

    mydestination = string(
        "$myhostname, localhost.$mydomain, localhost", doc="Domains whose mail local_transport delivers."
    )
    myorigin = string("$myhostname", doc="The domain of addresses without one.", minimum=1)
    relayhost = string("", doc="Next hop of all mail that is not for this system.")
    relay_domains = string(
        "${{$compatibility_level} <level {2} ? {$mydestination} : {}}", doc="Domains to which mail is relayed."
    )
    virtual_alias_domains = string(
        "$virtual_alias_maps", doc="Domains that consist of virtual aliases only.", since="2.0"
    )
    virtual_mailbox_domains = string(
        "$virtual_mailbox_maps", doc="Domains whose mail virtual_transport delivers.", since="2.0"
    )
    transport_maps = string("", doc="Transport and next hop by recipient or domain.")
    recipient_delimiter = string("", doc="What may separate a user name from its extension.")
    local_transport = string(
        "local:$myhostname", doc="Transport and next hop for the domains in mydestination.", minimum=1
    )
    virtual_transport = string(
        "virtual", doc="Transport and next hop for virtual_mailbox_domains.", since="2.0", minimum=1
    )
    relay_transport = string("relay", doc="Transport and next hop for relay_domains.", since="2.0", minimum=1)
    default_transport = string("smtp", doc="Transport and next hop for all other domains.", minimum=1)
    append_at_myorigin = boolean(True, doc="Complete an address without a domain with myorigin.")
    append_dot_mydomain = boolean(
        "${{$compatibility_level} <level {1} ? {yes} : {no}}", doc="Complete a domain without a dot with mydomain."
    )
    swap_bangpath = boolean(True, doc="Rewrite site!user to user@site.")
    allow_percent_hack = boolean(True, doc="Rewrite user%domain to user@domain.")
    resolve_dequoted_address = boolean(True, doc="Look for @ and % inside of a quoted local part, too.")
    resolve_null_domain = boolean(False, doc='Take "user@" for an address without a domain.', since="2.1")
    resolve_numeric_domain = boolean(False, doc="Take user@1.2.3.4 for user@[1.2.3.4].", since="2.3")
    remote_header_rewrite_domain = string(
        "", doc="The domain that completes addresses in the header of mail from outside; empty: leave it alone."
    )
    empty_address_recipient = string("MAILER-DAEMON", doc="Who gets mail for the empty address.", minimum=1)
    owner_request_special = boolean(True, doc="Do not split owner-list and list-request at the delimiter.")
    fast_flush_domains = string("$relay_domains", doc="Domains whose queued mail can be sent at once by request.")
    enable_original_recipient = boolean(
        True, doc="Record the recipient as it was before aliases, in the queue and in X-Original-To:.", since="2.1"
    )
    propagate_unmatched_extensions = string(
        "canonical, virtual", doc="Mappings that carry the address extension over to their result."
    )
    show_user_unknown_table_name = boolean(True, doc='Name the table in "User unknown" replies.', since="2.0")
    content_filter = string("", doc="Transport and next hop of a filter that sees all mail after the queue.")
    receive_override_options = string("", doc="Checks and mappings that are left out at reception.", since="2.1")
