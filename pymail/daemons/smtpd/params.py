"""What smtpd reads from main.cf."""

from __future__ import annotations

from pymail.config.declare import ParamSet, boolean, integer, raw, seconds, size, string
from pymail.config.params.limits import LimitsParams as limits
from pymail.config.params.maps import MapsParams as maps
from pymail.config.params.network import NetworkParams as network
from pymail.config.params.notify import NotifyParams as notify
from pymail.config.params.process import ProcessParams as process
from pymail.config.params.routing import RoutingParams as routing
from pymail.config.params.services import ServicesParams as services


class SmtpdParams(ParamSet):
    """The parameters of smtpd(8). Those with a default that depends on `stress` have two values in a process."""

    # Shared.
    queue_directory = process.queue_directory
    mail_owner = process.mail_owner
    mail_name = process.mail_name
    mail_version = process.mail_version
    ipc_timeout = process.ipc_timeout
    soft_bounce = process.soft_bounce
    info_log_address_format = process.info_log_address_format
    myhostname = network.myhostname
    mydomain = network.mydomain
    mynetworks = network.mynetworks
    inet_interfaces = network.inet_interfaces
    inet_protocols = network.inet_protocols
    proxy_interfaces = network.proxy_interfaces
    smtputf8_enable = network.smtputf8_enable
    strict_smtputf8 = network.strict_smtputf8
    parent_domain_matches_subdomains = network.parent_domain_matches_subdomains
    myorigin = routing.myorigin
    mydestination = routing.mydestination
    relay_domains = routing.relay_domains
    virtual_alias_domains = routing.virtual_alias_domains
    virtual_mailbox_domains = routing.virtual_mailbox_domains
    recipient_delimiter = routing.recipient_delimiter
    append_at_myorigin = routing.append_at_myorigin
    append_dot_mydomain = routing.append_dot_mydomain
    swap_bangpath = routing.swap_bangpath
    allow_percent_hack = routing.allow_percent_hack
    owner_request_special = routing.owner_request_special
    show_user_unknown_table_name = routing.show_user_unknown_table_name
    content_filter = routing.content_filter
    receive_override_options = routing.receive_override_options
    remote_header_rewrite_domain = routing.remote_header_rewrite_domain
    fast_flush_domains = routing.fast_flush_domains
    line_length_limit = limits.line_length_limit
    message_size_limit = limits.message_size_limit
    virtual_alias_maps = maps.virtual_alias_maps
    virtual_mailbox_maps = maps.virtual_mailbox_maps
    local_recipient_maps = maps.local_recipient_maps
    relay_recipient_maps = maps.relay_recipient_maps
    canonical_maps = maps.canonical_maps
    sender_canonical_maps = maps.sender_canonical_maps
    recipient_canonical_maps = maps.recipient_canonical_maps
    double_bounce_sender = notify.double_bounce_sender
    cleanup_service_name = services.cleanup_service_name
    rewrite_service_name = services.rewrite_service_name
    flush_service_name = services.flush_service_name

    # The session.
    stress = string("", doc="Set by master when all processes of a service are busy.", since="2.5")
    smtpd_banner = string("$myhostname ESMTP $mail_name", doc="Text after the 220 of the greeting.", minimum=1)
    smtpd_timeout = seconds("${stress?{10}:{300}}s", doc="How long a client may be silent.", minimum=1)
    smtpd_per_request_deadline = boolean(
        "${smtpd_per_record_deadline?{$smtpd_per_record_deadline}:{${stress?{yes}:{no}}}}",
        doc="Let smtpd_timeout limit a whole request, not a single read.",
        since="3.7",
    )
    smtpd_min_data_rate = integer(
        500, doc="Octets per second that earn content more time under a request deadline.", since="3.7", minimum=1
    )
    smtpd_peername_lookup = boolean(True, doc="Look up the name of a client.", since="2.3")
    smtpd_client_port_logging = boolean(False, doc="Log the port of a client, too.", since="2.5")
    smtpd_delay_reject = boolean(True, doc="Evaluate client, helo and sender restrictions at RCPT TO.")
    smtpd_delay_open_until_valid_rcpt = boolean(
        True, doc="Create the queue file with the first valid recipient.", since="2.3"
    )
    smtpd_helo_required = boolean(False, doc="Demand HELO or EHLO before MAIL and ETRN.")
    disable_vrfy_command = boolean(False, doc="Refuse VRFY.")
    strict_rfc821_envelopes = boolean(False, doc="Demand addresses in angle brackets, without comments.")
    smtpd_noop_commands = string("", doc="Commands to which the answer is that of NOOP.")
    smtpd_forbidden_commands = string(
        "CONNECT GET POST regexp:{{/^[^A-Z]/ Bogus}}", doc="Commands that end a session at once.", since="2.2"
    )
    smtpd_discard_ehlo_keywords = string("", doc="EHLO keywords that are not announced.", since="2.2")
    smtpd_discard_ehlo_keyword_address_maps = string(
        "", doc="Tables, by client address, of EHLO keywords that are not announced.", since="2.2"
    )
    smtpd_forbid_bare_newline = string(
        "normalize", doc="What a line feed without carriage return means: normalize, note, reject, yes, no.",
        since="3.9", minimum=1,
    )  # fmt: skip
    smtpd_forbid_bare_newline_exclusions = string(
        "$mynetworks", doc="Clients that are exempt from smtpd_forbid_bare_newline.", since="3.9"
    )
    smtpd_forbid_bare_newline_reject_code = integer(
        550, doc="Reply code for a bare line feed.", since="3.9", minimum=500, maximum=599
    )
    smtpd_forbid_unauth_pipelining = boolean(
        True, doc="Hang up on clients that send ahead where they may not.", since="3.9"
    )
    smtpd_history_flush_threshold = integer(100, doc="Lines of a session that are kept for a transcript.", minimum=1)

    # Limits.
    smtpd_recipient_limit = integer(1000, doc="The most recipients of one message.", minimum=1)
    smtpd_recipient_overshoot_limit = integer(
        1000, doc="Recipients over the limit that are refused before they count as errors.", since="2.2", minimum=1
    )
    smtpd_soft_error_limit = integer(10, doc="Errors after which answers are delayed.", minimum=1)
    smtpd_hard_error_limit = integer("${stress?{1}:{20}}", doc="Errors after which the session ends.", minimum=1)
    smtpd_junk_command_limit = integer(
        "${stress?{1}:{100}}", doc="Commands without mail after which they count as errors.", minimum=1
    )
    smtpd_error_sleep_time = seconds("1s", doc="The delay of an answer after too many errors.")
    queue_minfree = size(0, doc="Free octets that the queue's file system must have to accept mail.")

    # Access.
    smtpd_client_restrictions = string("", doc="Access by client.", since="2.3")
    smtpd_helo_restrictions = string("", doc="Access by HELO or EHLO.", since="2.0")
    smtpd_sender_restrictions = string("", doc="Access by MAIL FROM.", since="2.1")
    smtpd_relay_restrictions = string(
        "${{$compatibility_level} <level {1} ? {} : {permit_mynetworks, permit_sasl_authenticated, "
        "defer_unauth_destination}}",
        doc="Who may relay: checked at RCPT TO, beside smtpd_recipient_restrictions.",
        since="2.10",
    )
    smtpd_recipient_restrictions = string("", doc="Access by RCPT TO.", since="2.1")
    smtpd_relay_before_recipient_restrictions = boolean(
        "${{$compatibility_level} <level {3.6} ? {no} : {yes}}",
        doc="Evaluate smtpd_relay_restrictions first.",
        since="3.6",
    )
    smtpd_data_restrictions = string("", doc="Access at DATA.", since="2.0")
    smtpd_end_of_data_restrictions = string("", doc="Access at the end of the content.", since="2.2")
    smtpd_etrn_restrictions = string("", doc="Access by ETRN.")
    smtpd_restriction_classes = string("", doc="Names of parameters that hold lists of restrictions.")
    smtpd_reject_unlisted_sender = boolean(False, doc="Refuse senders that do not exist here.", since="2.1")
    smtpd_reject_unlisted_recipient = boolean(True, doc="Refuse recipients that do not exist here.", since="2.1")
    smtpd_null_access_lookup_key = string("<>", doc="The null sender as a key of access tables.")
    smtpd_log_access_permit_actions = string("", doc="Permit actions that are logged.", since="2.10")
    allow_untrusted_routing = boolean(False, doc="Relay mail with a route in its address (user%there@here).")
    local_header_rewrite_clients = string(
        "permit_inet_interfaces", doc="Clients whose incomplete headers are completed."
    )
    reject_tempfail_action = string("defer_if_permit", doc="What a test does that fails for a time.", since="2.6",
                                    minimum=1)  # fmt: skip
    unknown_address_tempfail_action = string(
        "$reject_tempfail_action", doc="The same for reject_unknown_(sender|recipient)_domain.", since="2.6", minimum=1
    )
    reject_code = integer(554, doc="Reply code of reject.")
    defer_code = integer(450, doc="Reply code of defer.")
    access_map_reject_code = integer(554, doc="Reply code of REJECT in an access table.")
    access_map_defer_code = integer(450, doc="Reply code of DEFER in an access table.", since="2.6")
    relay_domains_reject_code = integer(554, doc="Reply code of reject_unauth_destination.")
    non_fqdn_reject_code = integer(504, doc="Reply code of reject_non_fqdn_*.")
    invalid_hostname_reject_code = integer(501, doc="Reply code of reject_invalid_helo_hostname.")
    unknown_client_reject_code = integer(450, doc="Reply code of reject_unknown_client_hostname.")
    unknown_hostname_reject_code = integer(450, doc="Reply code of reject_unknown_helo_hostname.")
    unknown_helo_hostname_tempfail_action = string(
        "$reject_tempfail_action", doc="What reject_unknown_helo_hostname does if DNS fails.", since="2.6", minimum=1
    )
    unknown_address_reject_code = integer(450, doc="Reply code of reject_unknown_(sender|recipient)_domain.")
    plaintext_reject_code = integer(450, doc="Reply code of reject_plaintext_session.", since="2.3")
    multi_recipient_bounce_reject_code = integer(550, doc="Reply code of reject_multi_recipient_bounce.", since="2.1")
    unknown_local_recipient_reject_code = integer(550, doc="Reply code for an unknown local user.", since="2.0")
    unknown_relay_recipient_reject_code = integer(550, doc="Reply code for an unknown relay recipient.", since="2.0")
    unknown_virtual_alias_reject_code = integer(550, doc="Reply code for an unknown virtual alias.", since="2.0")
    unknown_virtual_mailbox_reject_code = integer(550, doc="Reply code for an unknown virtual mailbox.", since="2.0")

    # Not built yet: a value is answered with a warning at start.
    smtpd_milters = string("", doc="Mail filters of SMTP mail.", since="2.3")
    smtpd_proxy_filter = string("", doc="Pass mail through this SMTP server before it is queued.", since="2.1")
    smtpd_command_filter = string("", doc="Table that replaces commands of clients.", since="2.7")
    smtpd_reject_footer = raw("", doc="Text after each reject.", since="2.8")
    smtpd_reject_footer_maps = string("", doc="Tables of texts after rejects, by reply.", since="3.4")
    smtpd_sasl_auth_enable = boolean(False, doc="Offer AUTH.")
    smtpd_tls_security_level = string("", doc="Offer STARTTLS: none, may, encrypt.", since="2.3")
    smtpd_upstream_proxy_protocol = string("", doc="Protocol by which a proxy tells the client.", since="2.10")
    smtpd_authorized_xclient_hosts = string("", doc="Clients that may use XCLIENT.", since="2.1")
    smtpd_authorized_xforward_hosts = string("", doc="Clients that may use XFORWARD.", since="2.1")
