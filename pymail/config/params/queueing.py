"""Shared parameters: the files of the queue, and how long and how often delivery is tried. Light."""

from __future__ import annotations

from pymail.config.declare import ParamSet, boolean, integer, seconds, string


class QueueingParams(ParamSet):
    """The files of the queue, and how long and how often delivery is tried."""

    hash_queue_names = string("deferred, defer", doc="Queues whose files are spread over subdirectories.", minimum=1)
    hash_queue_depth = integer(1, doc="The levels of subdirectories.", minimum=1)
    enable_long_queue_ids = boolean(False, doc="Queue IDs that are never used again.", since="2.9")
    queue_run_delay = seconds("300s", doc="The time between scans of the deferred queue.", minimum=1)
    minimal_backoff_time = seconds(
        "300s", doc="The least time between attempts; also how long a host counts as unreachable.", minimum=1
    )
    maximal_backoff_time = seconds("4000s", doc="The most time between attempts.", minimum=1)
    maximal_queue_lifetime = seconds("5d", doc="How long delivery is tried.", maximum=8640000)
    bounce_queue_lifetime = seconds("5d", doc="How long delivery of a bounce is tried.", since="2.1", maximum=8640000)
    delay_warning_time = seconds("0h", doc="Warn the sender after so long; 0: never.")
    confirm_delay_cleared = boolean(False, doc="Tell the sender when delayed mail arrived after all.", since="3.0")
    default_verp_delimiters = string("+=", doc="The two characters of a VERP sender address.", since="1.1", minimum=2)
    verp_delimiter_filter = string("-=+", doc="Characters that may be VERP delimiters.", since="1.1", minimum=1)
    disable_verp_bounces = boolean(False, doc="Send one report for all recipients of a VERP message.", since="1.1")
    dont_remove = integer(0, doc="Keep files of finished mail in the saved queue.")
