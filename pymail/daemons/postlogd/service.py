"""postlogd's entry: datagrams in, lines in the log file out."""

from __future__ import annotations

import re
from typing import Final, Protocol

from pymail.daemons.postlogd.params import PostlogdParams
from pymail.log.fatal import FatalError
from pymail.log.sinks import FileSink
from pymail.server import datagram
from pymail.server.invocation import Invocation
from pymail.util.text import cut, printable

#: Octets of one line: the text's limit and the frame before it.
_MAX_LINE: Final = 2400


class Output(Protocol):
    """Where lines go."""

    def append(self, text: str) -> None:
        """Append framed lines, each with its newline."""


class Postlogd:
    """Collects the lines of a batch, and writes them at once."""

    required_process_limit = 1
    max_use_counts = False

    def __init__(self, params: PostlogdParams, output: Output | None = None) -> None:
        self.watchdog_timeout = params.postlogd_watchdog_timeout
        self._params = params
        self._output = output
        self._lines: list[str] = []

    def before_jail(self, invocation: Invocation) -> None:
        """Open the file, as root. Raises FatalError."""
        path = self._params.maillog_file
        if not path:
            raise FatalError("maillog_file is not set")
        if not is_allowed(path, self._params.maillog_file_prefixes):
            raise FatalError(
                f"maillog_file '{path}' does not match any prefix in maillog_file_prefixes: "
                f"'{self._params.maillog_file_prefixes}'"
            )
        sink = FileSink(path, int(self._params.maillog_file_permissions, 8))
        try:
            sink.open()
        except OSError as error:
            raise FatalError(f"open logfile '{path}': {error.strerror}") from error
        self._output = sink

    def after_jail(self, invocation: Invocation) -> None:
        """Nothing is left to do."""

    def datagram(self, data: bytes) -> None:
        """Take one line, or several."""
        for line in data.decode("utf-8", "replace").split("\n"):
            if line:
                self._lines.append(cut(printable(line), _MAX_LINE))

    def end_of_batch(self) -> None:
        """Write what was collected."""
        if self._lines and self._output is not None:
            lines, self._lines = self._lines, []
            self._output.append("\n".join(lines) + "\n")


def is_allowed(path: str, prefixes: str) -> bool:
    """Whether maillog_file_prefixes covers *path*: a prefix is the path itself or one of its parent directories."""
    for prefix in re.split(r"[\s,]+", prefixes):
        if prefix and (path == prefix or path.startswith(prefix.rstrip("/") + "/")):
            return True
    return False


def main(invocation: Invocation) -> None:
    """Run until idle."""
    datagram.run_datagram(invocation, Postlogd(PostlogdParams(invocation.conf)))
