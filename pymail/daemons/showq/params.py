"""What showq reads from main.cf."""

from __future__ import annotations

from pymail.config.declare import ParamSet
from pymail.config.params.limits import LimitsParams as limits
from pymail.config.params.queueing import QueueingParams as queueing
from pymail.config.params.routing import RoutingParams as routing


class ShowqParams(ParamSet):
    """The parameters of showq."""

    hash_queue_names = queueing.hash_queue_names
    hash_queue_depth = queueing.hash_queue_depth
    duplicate_filter_limit = limits.duplicate_filter_limit
    empty_address_recipient = routing.empty_address_recipient
