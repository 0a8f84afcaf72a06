"""Shared parameters: the names of internal services, as in master.cf. Light."""

from __future__ import annotations

from pymail.config.declare import ParamSet, string


class ServicesParams(ParamSet):
    """The names of internal services, as in master.cf."""

    address_verify_service_name = string("verify", doc="Service that probes addresses.", minimum=1)
    bounce_service_name = string(
        "bounce", doc="Service that keeps bounce logs and sends non-delivery reports.", since="2.0", minimum=1
    )
    cleanup_service_name = string("cleanup", doc="Service that takes in mail.", since="2.0", minimum=1)
    defer_service_name = string("defer", doc="Service that keeps defer logs.", since="2.0", minimum=1)
    error_service_name = string("error", doc="Service that returns mail.", since="2.0", minimum=1)
    flush_service_name = string(
        "flush", doc="Service that knows the queued mail of a destination.", since="2.0", minimum=1
    )
    pickup_service_name = string("pickup", doc="Service that takes mail from the maildrop.", since="2.0", minimum=1)
    postlog_service_name = string("postlog", doc="Service that writes maillog_file.", since="3.4", minimum=1)
    proxymap_service_name = string(
        "proxymap", doc="Service that reads tables for other daemons.", since="2.6", minimum=1
    )
    proxywrite_service_name = string(
        "proxywrite", doc="Service that writes tables for other daemons.", since="2.6", minimum=1
    )
    queue_service_name = string("qmgr", doc="Service that manages the queue.", since="2.0", minimum=1)
    rewrite_service_name = string(
        "rewrite", doc="Service that rewrites and resolves addresses.", since="2.0", minimum=1
    )
    showq_service_name = string("showq", doc="Service that lists the queue.", since="2.0", minimum=1)
    trace_service_name = string("trace", doc="Service that keeps delivery traces.", since="2.1", minimum=1)
