"""What cleanup reads from main.cf."""

from __future__ import annotations

from pymail.config.declare import ParamSet, boolean, integer, string
from pymail.config.params.limits import LimitsParams as limits
from pymail.config.params.maps import MapsParams as maps
from pymail.config.params.network import NetworkParams as network
from pymail.config.params.notify import NotifyParams as notify
from pymail.config.params.process import ProcessParams as process
from pymail.config.params.queueing import QueueingParams as queueing
from pymail.config.params.routing import RoutingParams as routing
from pymail.config.params.services import ServicesParams as services


class CleanupParams(ParamSet):
    """The parameters of cleanup."""

    myhostname = network.myhostname
    mydomain = network.mydomain
    delay_logging_resolution_limit = process.delay_logging_resolution_limit
    info_log_address_format = process.info_log_address_format
    ipc_timeout = process.ipc_timeout
    in_flow_delay = process.in_flow_delay
    bounce_service_name = services.bounce_service_name
    trace_service_name = services.trace_service_name
    queue_service_name = services.queue_service_name

    hash_queue_names = queueing.hash_queue_names
    hash_queue_depth = queueing.hash_queue_depth
    enable_long_queue_ids = queueing.enable_long_queue_ids
    delay_warning_time = queueing.delay_warning_time

    myorigin = routing.myorigin
    mydestination = routing.mydestination
    append_at_myorigin = routing.append_at_myorigin
    append_dot_mydomain = routing.append_dot_mydomain
    swap_bangpath = routing.swap_bangpath
    allow_percent_hack = routing.allow_percent_hack
    remote_header_rewrite_domain = routing.remote_header_rewrite_domain
    empty_address_recipient = routing.empty_address_recipient
    enable_original_recipient = routing.enable_original_recipient
    recipient_delimiter = routing.recipient_delimiter
    propagate_unmatched_extensions = routing.propagate_unmatched_extensions
    header_from_format = notify.header_from_format
    virtual_alias_maps = maps.virtual_alias_maps

    message_size_limit = limits.message_size_limit
    line_length_limit = limits.line_length_limit
    header_size_limit = limits.header_size_limit
    duplicate_filter_limit = limits.duplicate_filter_limit
    message_drop_headers = limits.message_drop_headers

    hopcount_limit = integer(50, doc="A message with so many Received: fields is in a loop.", minimum=1)
    always_add_missing_headers = boolean(
        False, doc="Add missing From:, Date: and Message-ID: to mail from outside, too.", since="2.6"
    )
    always_bcc = string("", doc="Gets a copy of all mail.")
    undisclosed_recipients_header = string("", doc="The header field of mail that names no recipient.")
    queue_file_attribute_count_limit = integer(100, doc="The most attributes of one message.", since="2.0", minimum=1)
    virtual_alias_recursion_limit = integer(
        1000, doc="How often an alias may lead to an alias.", since="2.1", minimum=1
    )
    virtual_alias_expansion_limit = integer(
        1000, doc="The most addresses that one recipient may become.", since="2.1", minimum=1
    )
    virtual_alias_address_length_limit = integer(
        1000, doc="The longest address that an alias may give.", since="3.0", minimum=1
    )
    cleanup_replace_stray_cr_lf = boolean(
        True, doc="Replace CR and LF inside a line of a message by a blank.", since="3.9"
    )
