"""The log of one process: event lines and diagnostics, passed on in batches. Light.

Event lines come ready from `pymail/log/events/`; diagnostics are warnings and errors where they arise. A server flushes
once each loop turn (`on_buffered` tells it that there is something), a command at its end; a warning or worse is passed
on at once.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pymail.log.sinks import Sink

#: Lines that wait at most for a flush.
BATCH = 200


class Log:
    """Collects lines for a sink. *tag* is the syslog tag ("postfix/smtpd"), *verbose* the number of -v options.

    *on_buffered* is called when a line begins to wait: an event loop orders a flush for the end of its turn.
    """

    __slots__ = ("_lines", "on_buffered", "sink", "tag", "verbose")

    def __init__(self, tag: str, sink: Sink, *, verbose: int = 0) -> None:
        self.tag = tag
        self.verbose = verbose
        self.sink = sink
        self._lines: list[tuple[str, str]] = []
        self.on_buffered: Callable[[], None] | None = None

    def info(self, text: str) -> None:
        """Log an event: *text* is ready, and its peer data already printable or made so by the sink."""
        lines = self._lines
        lines.append(("info", text))
        if len(lines) == 1 and self.on_buffered is not None:
            self.on_buffered()
        elif len(lines) >= BATCH:
            self.flush()

    def warning(self, text: str, *args: object) -> None:
        """Log what an administrator should look at; *args* are %-formatted."""
        self._now("warning", text, args)

    def error(self, text: str, *args: object) -> None:
        """Log a failure that does not end the process."""
        self._now("error", text, args)

    def fatal_line(self, text: str, *args: object) -> None:
        """Log the reason for which the process ends; the caller ends it."""
        self._now("fatal", text, args)

    def panic_line(self, text: str, *args: object) -> None:
        """Log that the program itself is wrong; the caller ends it."""
        self._now("panic", text, args)

    def debug(self, text: str, *args: object) -> None:
        """Log a detail, with -v only."""
        if self.verbose:
            self.info(text % args if args else text)

    def _now(self, severity: str, text: str, args: tuple[object, ...]) -> None:
        self._lines.append((severity, text % args if args else text))
        self.flush()

    def flush(self) -> None:
        """Pass on all lines that wait."""
        if self._lines:
            lines = self._lines
            self._lines = []
            self.sink.write(self.tag, lines)
