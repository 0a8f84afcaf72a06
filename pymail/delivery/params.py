"""Parameters of all delivery agents: how outcomes are reported and logged."""

from __future__ import annotations

from pymail.config.declare import ParamSet
from pymail.config.params.process import ProcessParams as process
from pymail.config.params.services import ServicesParams as services


class ReportParams(ParamSet):
    """How outcomes are reported and logged."""

    soft_bounce = process.soft_bounce
    info_log_address_format = process.info_log_address_format
    delay_logging_resolution_limit = process.delay_logging_resolution_limit
    ipc_timeout = process.ipc_timeout
    bounce_service_name = services.bounce_service_name
    defer_service_name = services.defer_service_name
    trace_service_name = services.trace_service_name
