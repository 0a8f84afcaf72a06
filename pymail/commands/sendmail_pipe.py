"""sendmail's way into the maildrop when the user may not write there: the set-gid postdrop, through two pipes. Light.

Has the same methods as maildrop.Maildrop. postdrop announces itself, takes records, and answers with its status.
"""

from __future__ import annotations

import os

from pymail.commands import maildrop
from pymail.log.fatal import FatalError
from pymail.proto.attr import AttrError, ListReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pymail.log.logger import Log


class PostdropPipe:
    """A running postdrop; *command* is its argument list."""

    __slots__ = ("_command", "_failed", "_from_child", "_log", "_pid", "_reader", "_to_child", "reason")

    def __init__(self, command: Sequence[str], log: Log, environ: Mapping[str, str]) -> None:
        """Start it, and read its announcement. Raises FatalError."""
        self._command = command
        self._log = log
        self._failed = False
        self._reader = ListReader()
        #: What postdrop says about its status, maybe nothing.
        self.reason = ""
        child_input, self._to_child = os.pipe()
        self._from_child, child_output = os.pipe()
        actions = ((os.POSIX_SPAWN_DUP2, child_input, 0), (os.POSIX_SPAWN_DUP2, child_output, 1))
        try:
            self._pid = os.posix_spawn(command[0], list(command), environ, file_actions=actions)
        except OSError as error:
            raise FatalError(f"unable to execute {' '.join(command)}: {error.strerror}") from error
        finally:
            os.close(child_input)
            os.close(child_output)
        if self._reply(b"queue_id") is None:
            self._end()
            raise FatalError(f"unable to execute {' '.join(command)}: Application error")

    @property
    def failed(self) -> bool:
        """True when postdrop takes no more."""
        return self._failed

    def write(self, octets: bytes) -> None:
        """Send records; what goes wrong, `finish` tells."""
        if self._failed:
            return
        try:
            maildrop.write_all(self._to_child, octets)
        except OSError:
            self._failed = True

    def finish(self) -> int:
        """Return postdrop's status."""
        reply = self._reply(b"status")
        status = int(reply) if reply is not None and reply.isdigit() else None
        exited = self._end()
        if status is None:
            return (exited or maildrop.STATUS_WRITE) if self._failed else maildrop.STATUS_WRITE
        return status

    def remove(self) -> None:
        """Cancel the message: postdrop sees the end of its input and removes the file."""
        if self._to_child >= 0:
            self._end()

    def _reply(self, wanted: bytes) -> bytes | None:
        """Read one attribute list and return the value of *wanted*; None when it does not come."""
        try:
            while (fields := self._reader.next_list()) is None:
                octets = os.read(self._from_child, 4096)
                if not octets:
                    return None
                self._reader.feed(octets)
        except (OSError, AttrError):
            return None
        values = dict(zip(fields[0::2], fields[1::2], strict=False))
        self.reason = values.get(b"reason", b"").decode("utf-8", "replace")
        return values.get(wanted)

    def _end(self) -> int:
        """Close the pipes and wait for the exit status."""
        os.close(self._to_child)
        os.close(self._from_child)
        self._to_child = self._from_child = -1
        status = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        if status > 1 or status < 0:
            what = f"exited with status {status}" if status > 0 else f"killed by signal {-status}"
            self._log.debug('command "%s" %s', " ".join(self._command), what)
        return status
