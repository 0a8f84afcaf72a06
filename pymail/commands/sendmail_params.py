"""What sendmail, postdrop and postqueue read from main.cf. Light."""

from __future__ import annotations

from pymail.config.declare import ParamSet, string
from pymail.config.params.limits import LimitsParams as limits
from pymail.config.params.process import ProcessParams as process
from pymail.config.params.queueing import QueueingParams as queueing
from pymail.config.params.services import ServicesParams as services
from pymail.config.params.submission import SubmissionParams as submission


class MaildropParams(ParamSet):
    """What it takes to put a file into the maildrop."""

    queue_directory = process.queue_directory
    command_directory = process.command_directory
    setgid_group = process.setgid_group
    authorized_submit_users = submission.authorized_submit_users
    pickup_service_name = services.pickup_service_name
    enable_long_queue_ids = queueing.enable_long_queue_ids
    line_length_limit = limits.line_length_limit
    message_size_limit = limits.message_size_limit
    trigger_timeout = process.trigger_timeout


class SendmailParams(MaildropParams):
    """The parameters of sendmail."""

    header_size_limit = limits.header_size_limit
    default_verp_delimiters = queueing.default_verp_delimiters
    verp_delimiter_filter = queueing.verp_delimiter_filter
    sendmail_fix_line_endings = string(
        "always",
        doc="Take CR LF as line end: always, strict (if the first line has it), never.",
        since="2.9",
        minimum=1,
    )
