"""What the queue manager reads from main.cf. The per-transport forms (`smtp_destination_...`) are in `limits.py`."""

from __future__ import annotations

from pymail.config.declare import ParamSet, boolean, integer, seconds, string
from pymail.config.params.network import NetworkParams as network
from pymail.config.params.notify import NotifyParams as notify
from pymail.config.params.process import ProcessParams as process
from pymail.config.params.queueing import QueueingParams as queueing
from pymail.config.params.routing import RoutingParams as routing
from pymail.config.params.services import ServicesParams as services


class QmgrParams(ParamSet):
    """Parameters of the queue manager."""

    queue_directory = process.queue_directory
    daemon_timeout = process.daemon_timeout
    default_process_limit = process.default_process_limit
    in_flow_delay = process.in_flow_delay
    helpful_warnings = process.helpful_warnings
    info_log_address_format = process.info_log_address_format

    hash_queue_names = queueing.hash_queue_names
    hash_queue_depth = queueing.hash_queue_depth
    queue_run_delay = queueing.queue_run_delay
    minimal_backoff_time = queueing.minimal_backoff_time
    maximal_backoff_time = queueing.maximal_backoff_time
    maximal_queue_lifetime = queueing.maximal_queue_lifetime
    bounce_queue_lifetime = queueing.bounce_queue_lifetime
    confirm_delay_cleared = queueing.confirm_delay_cleared
    verp_delimiter_filter = queueing.verp_delimiter_filter
    disable_verp_bounces = queueing.disable_verp_bounces

    myhostname = network.myhostname
    mydomain = network.mydomain
    myorigin = routing.myorigin
    append_at_myorigin = routing.append_at_myorigin
    append_dot_mydomain = routing.append_dot_mydomain
    swap_bangpath = routing.swap_bangpath
    allow_percent_hack = routing.allow_percent_hack
    recipient_delimiter = routing.recipient_delimiter
    owner_request_special = routing.owner_request_special
    double_bounce_sender = notify.double_bounce_sender

    bounce_service_name = services.bounce_service_name
    defer_service_name = services.defer_service_name
    trace_service_name = services.trace_service_name
    rewrite_service_name = services.rewrite_service_name

    qmgr_message_active_limit = integer(20000, doc="The most messages in the active queue.", minimum=1)
    qmgr_message_recipient_limit = integer(20000, doc="The most recipients in memory.", minimum=1)
    qmgr_message_recipient_minimum = integer(
        10, doc="Recipients of a message that are always read into memory.", minimum=1
    )
    default_recipient_limit = integer(
        20000, doc="The most recipients in memory of a transport.", since="2.4", minimum=0
    )
    default_extra_recipient_limit = integer(
        1000, doc="Further recipients in memory, for messages that overtake others.", since="2.4", minimum=0
    )
    default_recipient_refill_limit = integer(
        100, doc="Read more recipients of a message when so many fit into memory.", since="2.4", minimum=1
    )
    default_recipient_refill_delay = seconds(
        "5s", doc="Or when this time has passed since the last ones were read.", since="2.4", minimum=1
    )
    default_delivery_slot_cost = integer(5, doc="Deliveries after which another message may overtake.", minimum=0)
    default_delivery_slot_loan = integer(3, doc="Deliveries that an overtaking message may have in advance.", minimum=0)
    default_delivery_slot_discount = integer(
        50, doc="Percentage of its deliveries that an overtaking message need not have earned.", minimum=0, maximum=100
    )
    default_minimum_delivery_slots = integer(
        3, doc="A message that earns fewer overtaking deliveries is not overtaken.", minimum=0
    )
    initial_destination_concurrency = integer(5, doc="Parallel deliveries to a new destination.", minimum=1)
    default_destination_concurrency_limit = integer(
        20, doc="The most parallel deliveries to a destination; 0: no limit.", minimum=0
    )
    default_destination_recipient_limit = integer(
        50, doc="The most recipients in one delivery; 0: no limit.", minimum=0
    )
    default_destination_concurrency_positive_feedback = string(
        "1", doc="What a success adds to the concurrency: N, N/M, N/concurrency.", since="2.5", minimum=1
    )
    default_destination_concurrency_negative_feedback = string(
        "1", doc="What a failure takes from the concurrency: N, N/M, N/concurrency.", since="2.5", minimum=1
    )
    default_destination_concurrency_failed_cohort_limit = integer(
        1, doc="Failed rounds after which a destination is left alone for a time; 0: never.", since="2.5", minimum=0
    )
    destination_concurrency_feedback_debug = boolean(
        False, doc="Log how the concurrency of destinations changes.", since="2.5"
    )
    default_destination_rate_delay = seconds(
        "0s", doc="The pause between deliveries to the same destination.", since="2.5", minimum=0
    )
    default_transport_rate_delay = seconds(
        "0s", doc="The pause between deliveries through the same transport.", since="3.1", minimum=0
    )
    transport_retry_time = seconds("60s", doc="How long a delivery agent that failed is left alone.", minimum=1)
    defer_transports = string("", doc="Transports whose mail is kept until it is asked for.")
    address_verify_pending_request_limit = integer(
        5000, doc="The most address probes in the active queue.", since="3.5", minimum=1
    )
    qmgr_clog_warn_time = seconds(
        "300s", doc="The pause between warnings that one destination fills the active queue; 0: none.", minimum=0
    )
    qmgr_daemon_timeout = seconds("1000s", doc="How long the queue manager may be stuck.", since="2.8", minimum=1)
    qmgr_ipc_timeout = seconds(
        "60s", doc="How long a service may take to answer the queue manager.", since="2.8", minimum=1
    )
    default_filter_nexthop = string("", doc="The next hop of a content filter that is named without one.", since="2.7")
