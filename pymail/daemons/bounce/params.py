"""Parameters of bounce(8)."""

from __future__ import annotations

from pymail.config.declare import ParamSet, integer
from pymail.config.params.limits import LimitsParams as limits
from pymail.config.params.network import NetworkParams as network
from pymail.config.params.notify import NotifyParams as notify
from pymail.config.params.process import ProcessParams as process
from pymail.config.params.queueing import QueueingParams as queueing
from pymail.config.params.services import ServicesParams as services


class BounceParams(ParamSet):
    """Parameters of bounce(8)."""

    bounce_size_limit = integer(50000, doc="Return a message of more octets as its header only.", minimum=1)
    bounce_notice_recipient = notify.bounce_notice_recipient
    double_bounce_notice_recipient = notify.double_bounce_notice_recipient
    delay_notice_recipient = notify.delay_notice_recipient
    notify_classes = notify.notify_classes
    double_bounce_sender = notify.double_bounce_sender
    backwards_bounce_logfile_compatibility = notify.backwards_bounce_logfile_compatibility
    header_from_format = notify.header_from_format
    myhostname = network.myhostname
    mail_name = process.mail_name
    ipc_timeout = process.ipc_timeout
    line_length_limit = limits.line_length_limit
    maximal_queue_lifetime = queueing.maximal_queue_lifetime
    hash_queue_names = queueing.hash_queue_names
    hash_queue_depth = queueing.hash_queue_depth
    cleanup_service_name = services.cleanup_service_name
