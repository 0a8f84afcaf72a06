"""Parameters of discard(8)."""

from __future__ import annotations

from pymail.config.params.queueing import QueueingParams as queueing
from pymail.delivery.params import ReportParams


class DiscardParams(ReportParams):
    """Parameters of discard(8)."""

    hash_queue_names = queueing.hash_queue_names
    hash_queue_depth = queueing.hash_queue_depth
