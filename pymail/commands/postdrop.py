"""postdrop(1): put a message into the maildrop. Light.

    postdrop [-rv] [-c config_dir]

Reads records from standard input (queue/submission.py says which), writes a maildrop file, and wakes pickup up. Says
its protocol and the queue ID first, and the completion status at the end, as attribute lists on standard output;
the exit status is the completion status. End of input in front of the end record cancels the message.

Security: it runs with the rights of setgid_group, which may write to the maildrop and do nothing else; the input is
bounded and checked, the environment has no say, and its text never reaches a shell, a table or a format string.
"""

from __future__ import annotations

import os
import sys

from pymail.commands import access, maildrop
from pymail.commands.sendmail_params import MaildropParams
from pymail.commands.surroundings import configuration, open_log, stderr_log
from pymail.config.find import config_directory
from pymail.config.main_cf import ConfigError
from pymail.log.fatal import FatalError
from pymail.proto import attr
from pymail.queue.submission import Submission, SubmissionError
from pymail.util.options import OptionError, parse_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from pymail.config.main_cf import MainCf
    from pymail.log.logger import Log

PROTOCOL: Final = "postdrop_protocol"
USAGE: Final = "usage: postdrop [-c config_dir] [-v]"
FATAL_STATUS: Final = 1


class Postdrop:
    """One run of the command: octets from descriptor *source*, replies to descriptor *target*."""

    __slots__ = ("_conf", "_log", "_params", "_source", "_target", "_uid")

    def __init__(self, conf: MainCf, log: Log, source: int = 0, target: int = 1) -> None:
        self._conf = conf
        self._log = log
        self._params = MaildropParams(conf)
        self._source = source
        self._target = target
        self._uid = os.getuid()

    def run(self) -> int:
        """Take the message; return the exit status. Raises FatalError."""
        params, uid = self._params, self._uid
        value = params.authorized_submit_users
        refused = access.refused_user(self._conf, "authorized_submit_users", value, uid, self._log)
        if refused is not None:
            raise FatalError(f"User {refused}({uid}) is not allowed to submit mail")
        maildrop.enter_queue(params.queue_directory)
        file = maildrop.Maildrop(params, self._log)
        try:
            self._say(attr.announcement(PROTOCOL, "queue_id", file.queue_id))
            submission = Submission(params.line_length_limit, self._warn)
            if not self._receive(submission, file):
                return 0
            status, reason = self._verdict(submission, file)
        finally:
            file.remove()
        self._say(attr.encode("status", status, "reason", reason))
        return status & 255 or (1 if status else 0)

    def _receive(self, submission: Submission, file: maildrop.Maildrop) -> bool:
        """Read up to the end record; False when the message was cancelled. Raises FatalError."""
        try:
            while not submission.finished:
                octets = os.read(self._source, maildrop.READ_SIZE)
                if not octets:
                    return False
                file.write(submission.receive(octets))
        except SubmissionError as error:
            raise FatalError(f"uid={self._uid}: {error}") from error
        return True

    def _verdict(self, submission: Submission, file: maildrop.Maildrop) -> tuple[int, str]:
        if not file.failed:
            if not submission.has_sender or not submission.has_recipient:
                return maildrop.STATUS_BAD, ""
            if access.refuses_sender(self._conf, self._uid, submission.sender, self._log):
                text = f"not authorized to use sender='{submission.sender}'"
                self._warn(text)
                return maildrop.STATUS_NOPERM, text
        return file.finish(), ""

    def _warn(self, text: str) -> None:
        self._log.warning("uid=%d: %s", self._uid, text)

    def _say(self, octets: bytes) -> None:
        try:
            maildrop.write_all(self._target, octets)
        except OSError as error:
            raise FatalError(f"uid={self._uid}: {error.strerror}") from error


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its status."""
    log = stderr_log("postdrop")
    maildrop.exit_on_signals(FATAL_STATUS)
    try:
        pairs, rest = parse_options(sys.argv[1:] if argv is None else argv, "c:rv")
        if rest:
            raise FatalError(USAGE)
        directory = next((value for letter, value in reversed(pairs) if letter == "c"), None)
        conf = configuration(config_directory(directory, os.environ))
        log = open_log(conf, "postdrop", sum(letter == "v" for letter, _value in pairs))
        return Postdrop(conf, log).run()
    except OptionError as error:
        log.info(str(error))
        log.fatal_line(USAGE)
    except Exception as error:
        if not isinstance(error, (FatalError, ConfigError)):
            log.warning("%s", type(error).__name__)
        log.fatal_line("%s", error)
    finally:
        log.flush()
    return FATAL_STATUS
