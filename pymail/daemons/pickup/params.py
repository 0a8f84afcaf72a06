"""What pickup reads from main.cf."""

from __future__ import annotations

from pymail.config.declare import ParamSet
from pymail.config.params.limits import LimitsParams as limits
from pymail.config.params.network import NetworkParams as network
from pymail.config.params.process import ProcessParams as process
from pymail.config.params.routing import RoutingParams as routing
from pymail.config.params.services import ServicesParams as services


class PickupParams(ParamSet):
    """The parameters of pickup."""

    queue_directory = process.queue_directory
    mail_name = process.mail_name
    info_log_address_format = process.info_log_address_format
    ipc_timeout = process.ipc_timeout
    myhostname = network.myhostname
    smtputf8_enable = network.smtputf8_enable
    smtputf8_autodetect_classes = network.smtputf8_autodetect_classes
    cleanup_service_name = services.cleanup_service_name
    content_filter = routing.content_filter
    receive_override_options = routing.receive_override_options
    line_length_limit = limits.line_length_limit
