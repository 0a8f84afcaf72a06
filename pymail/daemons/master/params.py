"""What the master reads from main.cf."""

from __future__ import annotations

from pymail.config.declare import ParamSet, integer, seconds, string
from pymail.config.params.network import NetworkParams as network
from pymail.config.params.process import ProcessParams as process


class MasterParams(ParamSet):
    """Parameters of the master."""

    queue_directory = process.queue_directory
    data_directory = process.data_directory
    daemon_directory = process.daemon_directory
    process_id_directory = process.process_id_directory
    mail_owner = process.mail_owner
    default_process_limit = process.default_process_limit
    import_environment = process.import_environment
    maillog_file = process.maillog_file
    inet_interfaces = network.inet_interfaces
    inet_protocols = network.inet_protocols
    proxy_interfaces = network.proxy_interfaces
    service_throttle_time = seconds("60s", doc="How long a service is held back whose process failed.", minimum=1)
    master_service_disable = string("", doc="Entries of master.cf that are ignored: name/type, type.", since="2.6")
    service_worker_limit = integer(
        0, doc="Processes of a service whose processes serve many clients each; 0: one per processor.", minimum=0
    )
