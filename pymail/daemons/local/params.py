"""Parameters of local(8)."""

from __future__ import annotations

from pymail.config.declare import boolean, size, string
from pymail.config.params.limits import LimitsParams as limits
from pymail.config.params.mailbox import MailboxParams as mailbox
from pymail.config.params.maps import MapsParams as maps
from pymail.config.params.network import NetworkParams as network
from pymail.config.params.process import ProcessParams as process
from pymail.config.params.queueing import QueueingParams as queueing
from pymail.config.params.routing import RoutingParams as routing
from pymail.config.params.services import ServicesParams as services
from pymail.delivery.params import ReportParams


class LocalParams(ReportParams):
    """Parameters of local(8)."""

    home_mailbox = string("", doc="A user's mailbox below the home directory; a slash at its end: a Maildir.")
    mailbox_size_limit = size(51200000, doc="The most octets of a mailbox or maildir file; 0: no limit.", minimum=0)
    expand_owner_alias = boolean(False, doc="Use what the owner- alias says, not its name, as the sender.")
    alias_maps = maps.alias_maps
    line_length_limit = limits.line_length_limit
    mail_spool_directory = mailbox.mail_spool_directory
    mailbox_delivery_lock = mailbox.mailbox_delivery_lock
    deliver_lock_attempts = mailbox.deliver_lock_attempts
    deliver_lock_delay = mailbox.deliver_lock_delay
    stale_lock_time = mailbox.stale_lock_time
    strict_mailbox_ownership = mailbox.strict_mailbox_ownership
    recipient_delimiter = routing.recipient_delimiter
    enable_original_recipient = routing.enable_original_recipient
    myhostname = network.myhostname
    mail_name = process.mail_name
    hash_queue_names = queueing.hash_queue_names
    hash_queue_depth = queueing.hash_queue_depth
    cleanup_service_name = services.cleanup_service_name
    rewrite_service_name = services.rewrite_service_name
