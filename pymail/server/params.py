"""Parameters of every daemon's life."""

from __future__ import annotations

from pymail.config.declare import ParamSet
from pymail.config.params.process import ProcessParams as process


class ServerParams(ParamSet):
    """What the skeletons read."""

    queue_directory = process.queue_directory
    process_id_directory = process.process_id_directory
    mail_owner = process.mail_owner
    daemon_timeout = process.daemon_timeout
    max_idle = process.max_idle
    max_use = process.max_use
    in_flow_delay = process.in_flow_delay
