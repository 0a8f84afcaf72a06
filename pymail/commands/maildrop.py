"""Submission into the maildrop of the current directory: one file, then a word to pickup. Light.

Used by postdrop, and by sendmail where it may write there itself.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # the C module; signal loads enum
import os

from pymail.ipc.trigger import trigger
from pymail.log.fatal import FatalError
from pymail.queue.submit import MaildropFile, TooBigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, NoReturn

    from pymail.commands.sendmail_params import MaildropParams
    from pymail.log.logger import Log

#: Bits of cleanup's completion status (ipc/cleanup.py), as postdrop uses them.
STATUS_BAD: Final = 1
STATUS_WRITE: Final = 2
STATUS_SIZE: Final = 4
STATUS_NOPERM: Final = 512

#: HUP, INT, QUIT, TERM.
_SIGNALS: Final = (1, 2, 3, 15)
#: Octets read from standard input at a time.
READ_SIZE: Final = 1 << 16


def exit_on_signals(status: int) -> None:
    """Let the usual signals end the process by SystemExit, so that an unfinished file is removed on the way."""

    def leave(_number: int, _frame: object) -> NoReturn:
        raise SystemExit(status)

    for number in _SIGNALS:
        _signal.signal(number, leave)


class Maildrop:
    """One message on its way into the maildrop; `finish` gives cleanup's status bits, 0 for success."""

    __slots__ = ("_file", "_log", "_params", "_status")

    def __init__(self, params: MaildropParams, log: Log) -> None:
        """Create the file; the current directory is queue_directory. Raises FatalError."""
        self._params = params
        self._log = log
        self._status = 0
        try:
            self._file = MaildropFile(size_limit=params.message_size_limit, long_ids=params.enable_long_queue_ids)
        except OSError as error:
            raise FatalError(f"mail_queue_enter: create file {error.filename}: {error.strerror}") from error

    @property
    def queue_id(self) -> str:
        """The name of the file."""
        return self._file.queue_id

    @property
    def failed(self) -> bool:
        """True when a write went wrong: the rest of the message need not be written."""
        return self._status != 0

    def write(self, octets: bytes) -> None:
        """Append records; what goes wrong, `finish` tells."""
        if self._status:
            return
        try:
            self._file.write(octets)
        except TooBigError:
            self._fail(STATUS_SIZE, "File too large")
        except OSError as error:
            self._fail(STATUS_WRITE, error.strerror or str(error))

    def _fail(self, status: int, reason: str) -> None:
        self._status = status
        self._log.warning("uid=%d: %s", os.getuid(), reason)
        self._file.remove()

    def finish(self) -> int:
        """Make the file complete and wake pickup up; return the status."""
        if not self._status:
            try:
                self._file.finish()
            except OSError as error:
                self._fail(STATUS_WRITE, error.strerror or str(error))
            else:
                wake(f"public/{self._params.pickup_service_name}", self._params.trigger_timeout, self._log)
        return self._status

    def remove(self) -> None:
        """Remove the file, unless it is complete."""
        self._file.remove()


def wake(service: str, timeout: int, log: Log) -> None:
    """Trigger pickup. With the mail system down the message stays queued, and the user hears of it."""
    try:
        os.stat(service)
    except OSError as error:
        log.warning("unable to look up %s: %s", service, error.strerror)
        return
    trigger(service, timeout=float(timeout))


def enter_queue(directory: str) -> None:
    """Change to queue_directory. Raises FatalError."""
    try:
        os.chdir(directory)
    except OSError as error:
        raise FatalError(f"chdir {directory}: {error.strerror}") from error


def write_all(fd: int, octets: bytes) -> None:
    """Write all of *octets*. Raises OSError."""
    view = memoryview(octets)
    while view:
        view = view[os.write(fd, view) :]
