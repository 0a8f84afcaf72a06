"""What postlogd reads from main.cf."""

from __future__ import annotations

from pymail.config.declare import ParamSet, seconds
from pymail.config.params.process import ProcessParams as process


class PostlogdParams(ParamSet):
    """Parameters of postlogd."""

    maillog_file = process.maillog_file
    maillog_file_permissions = process.maillog_file_permissions
    maillog_file_prefixes = process.maillog_file_prefixes
    postlogd_watchdog_timeout = seconds(
        "10s", doc="How long postlogd may take for one batch of lines.", since="3.4", minimum=10
    )
