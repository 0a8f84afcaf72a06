"""What postqueue reads from main.cf. Light."""

from __future__ import annotations

from pymail.config.declare import ParamSet
from pymail.config.params.limits import LimitsParams as limits
from pymail.config.params.network import NetworkParams as network
from pymail.config.params.process import ProcessParams as process
from pymail.config.params.queueing import QueueingParams as queueing
from pymail.config.params.routing import RoutingParams as routing
from pymail.config.params.services import ServicesParams as services
from pymail.config.params.submission import SubmissionParams as submission


class PostqueueParams(ParamSet):
    """The parameters of postqueue."""

    queue_directory = process.queue_directory
    mail_owner = process.mail_owner
    trigger_timeout = process.trigger_timeout
    hash_queue_names = queueing.hash_queue_names
    hash_queue_depth = queueing.hash_queue_depth
    enable_long_queue_ids = queueing.enable_long_queue_ids
    duplicate_filter_limit = limits.duplicate_filter_limit
    authorized_flush_users = submission.authorized_flush_users
    authorized_mailq_users = submission.authorized_mailq_users
    flush_service_name = services.flush_service_name
    pickup_service_name = services.pickup_service_name
    queue_service_name = services.queue_service_name
    showq_service_name = services.showq_service_name
    fast_flush_domains = routing.fast_flush_domains
    empty_address_recipient = routing.empty_address_recipient
    parent_domain_matches_subdomains = network.parent_domain_matches_subdomains
