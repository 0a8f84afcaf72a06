"""The frame around the text of each log line: time, host, tag, process number, severity. Light.

Nov 01 06:03:57 mta postfix/smtpd[14526]: warning: text         maillog_file, and the postlog service
Nov  1 06:03:57 postfix/smtpd[14526]: warning: text             syslog socket (the day is padded with a blank)
"""

from __future__ import annotations

import os
import time

#: Octets of one line's text, as Postfix.
MAXIMUM_TEXT = 2000

PREFIXES = {"info": "", "warning": "warning: ", "error": "error: ", "fatal": "fatal: ", "panic": "panic: "}


def clean(severity: str, text: str) -> str:
    """Return severity and text as they stand after the tag: printable, and of at most 2000 octets."""
    if severity != "info":
        text = PREFIXES[severity] + text
    if text.isascii() and text.isprintable():
        return text if len(text) <= MAXIMUM_TEXT else text[:MAXIMUM_TEXT]
    # Imported here: it loads regular expressions, and few lines come to this.
    from pymail.util.text import cut, printable

    return cut(printable(text), MAXIMUM_TEXT)


def first_label(host: str) -> str:
    """Return the host name up to its first dot, as traditional log files have it."""
    return host.partition(".")[0]


class Stamp:
    """The local time as text, made anew only when the second changes."""

    __slots__ = ("_form", "_second", "_text")

    def __init__(self, form: str) -> None:
        self._form = form
        self._second = -1
        self._text = ""

    def text(self) -> str:
        """Return the time now."""
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._text = time.strftime(self._form, time.localtime(second))
        return self._text

    @property
    def second(self) -> int:
        """The second of the last `text()`."""
        return self._second


class Frame:
    """What stands before the text of each line, for one kind of sink."""

    __slots__ = ("_host", "stamp")

    def __init__(self, form: str, host: str) -> None:
        self.stamp = Stamp(form)
        self._host = host

    def prefix(self, tag: str) -> str:
        """Return time, host and tag for lines that are written now. The process number follows a fork."""
        return f"{self.stamp.text()} {self._host}{tag}[{os.getpid()}]: "


def file_frame(host: str | None = None) -> Frame:
    """Return the frame of maillog_file and postlog; without *host*, that of POSTLOG_HOSTNAME or of the system."""
    name = host or os.environ.get("POSTLOG_HOSTNAME") or os.uname().nodename
    return Frame("%b %d %H:%M:%S", first_label(name) + " ")


def syslog_frame() -> Frame:
    """Return the frame of a line for the local syslog socket."""
    return Frame("%b %e %H:%M:%S", "")
