"""Where log lines go: a file, the postlog service, syslog, standard error. Light; no sink raises or waits long.

A sink takes the lines of one flush: severity and text of each. Files get them in one append, which is whole also when
several processes write. What cannot be written is lost, as with syslog: mail goes on.
"""

from __future__ import annotations

import os

from pymail.log.frame import clean, file_frame, syslog_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Protocol

    from pymail.config.main_cf import MainCf

    Lines = Sequence[tuple[str, str]]

    class Sink(Protocol):
        """Takes finished batches of lines."""

        def write(self, tag: str, lines: Lines) -> None:
            """Write *lines* (severity, text), never raise."""


STDOUT = "/dev/stdout"
SYSLOG_SOCKET = "/dev/log"

#: syslog(3): LOG_CRIT 2, LOG_ERR 3, LOG_WARNING 4, LOG_INFO 6.
LEVELS = {"info": 6, "warning": 4, "error": 3, "fatal": 2, "panic": 2}
#: syslog_facility by name; RFC 5424 §6.2.1.
FACILITIES = {
    "kern": 0,
    "user": 8,
    "mail": 16,
    "daemon": 24,
    "auth": 32,
    "syslog": 40,
    "lpr": 48,
    "news": 56,
    "uucp": 64,
    "cron": 72,
    "authpriv": 80,
    "ftp": 88,
    "local0": 128,
    "local1": 136,
    "local2": 144,
    "local3": 152,
    "local4": 160,
    "local5": 168,
    "local6": 176,
    "local7": 184,
}

#: Octets of one datagram with several lines.
MAXIMUM_DATAGRAM = 16384
#: Lines that wait for a receiver that is behind, and for how long one write waits for it.
MAXIMUM_BACKLOG = 2000
PATIENCE_MS = 20


class MemorySink:
    """Keeps severity and text: for tests."""

    __slots__ = ("lines",)

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def write(self, tag: str, lines: Lines) -> None:
        """Keep *lines*."""
        self.lines.extend(lines)


class StderrSink:
    """`program: severity: text` on standard error: what commands show to their user."""

    __slots__ = ("_descriptor", "_program")

    def __init__(self, program: str, descriptor: int = 2) -> None:
        self._program = program
        self._descriptor = descriptor

    def write(self, tag: str, lines: Lines) -> None:
        """Write *lines* under the program's name; the tag is not shown."""
        text = "".join([f"{self._program}: {clean(severity, line)}\n" for severity, line in lines])
        _write_all(self._descriptor, text)


class TeeSink:
    """Several sinks as one: commands log, and tell their user."""

    __slots__ = ("_sinks",)

    def __init__(self, sinks: Iterable[Sink]) -> None:
        self._sinks = tuple(sinks)

    def write(self, tag: str, lines: Lines) -> None:
        """Write *lines* to each."""
        for sink in self._sinks:
            sink.write(tag, lines)


class FileSink:
    """Appends to a file, which it opens anew (where it still can) after a rotation; /dev/stdout is descriptor 1."""

    __slots__ = ("_checked", "_descriptor", "_frame", "_identity", "_mode", "path")

    def __init__(self, path: str, mode: int = 0o600, host: str | None = None) -> None:
        self.path = path
        self._mode = mode
        self._frame = file_frame(host)
        self._descriptor = -1
        self._identity = (0, 0)
        self._checked = 0

    def open(self) -> None:
        """Open the file now: before the rights to do so are given up.

        Raises:
            OSError: it cannot be opened.
        """
        if self.path == STDOUT:
            self._descriptor = 1
            return
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK
        descriptor = os.open(self.path, flags, self._mode)
        status = os.fstat(descriptor)
        self.close()
        self._descriptor = descriptor
        self._identity = (status.st_dev, status.st_ino)

    def close(self) -> None:
        """Give up the descriptor; the next write opens the file again."""
        if self._descriptor > 2:
            os.close(self._descriptor)
        self._descriptor = -1

    def fileno(self) -> int:
        """Return the open descriptor, or -1."""
        return self._descriptor

    def write(self, tag: str, lines: Lines) -> None:
        """Append *lines* in one call."""
        prefix = self._frame.prefix(tag)
        self.append("".join([f"{prefix}{clean(severity, text)}\n" for severity, text in lines]))

    def append(self, text: str) -> None:
        """Append framed lines, each with its newline."""
        self._reopen()
        if self._descriptor >= 0:
            _write_all(self._descriptor, text)

    def _reopen(self) -> None:
        """Open the file if that has not been done, or if its name belongs to another file now. Asks once a second."""
        self._frame.stamp.text()
        second = self._frame.stamp.second
        if self._descriptor >= 0:
            if second == self._checked or self._descriptor == 1:
                return
            self._checked = second
            try:
                status = os.stat(self.path)
                if (status.st_dev, status.st_ino) == self._identity:
                    return
            except OSError:
                pass
        try:
            self.open()
        except OSError:
            pass  # in a chroot, or without the right: the old descriptor serves on


class DatagramSink:
    """Sends lines to a socket of the file system, without waiting for a receiver that is behind."""

    __slots__ = ("_backlog", "_fallback", "_path", "_socket")

    def __init__(self, path: str, fallback: Sink | None = None) -> None:
        self._path = path
        self._fallback = fallback
        self._socket: object | None = None
        self._backlog: list[bytes] = []

    def open(self) -> bool:
        """Connect, before a chroot hides the socket; return whether it worked."""
        import socket  # here: most commands end without a line to log

        self.close()
        try:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        except OSError:
            return False
        try:
            connection.connect(self._path)
        except OSError:
            connection.close()
            return False
        self._socket = connection
        return True

    def close(self) -> None:
        """Give up the descriptor; the next line connects again."""
        if self._socket is not None:
            self._connection().close()
            self._socket = None

    def fileno(self) -> int:
        """Return the open descriptor, or -1."""
        return -1 if self._socket is None else self._connection().fileno()

    def _connection(self) -> _Socket:
        return self._socket  # type: ignore[return-value]  # set by open() only; the socket module is loaded there

    def send(self, datagrams: list[bytes]) -> bool:
        """Send what waits and then *datagrams*; return False if there is no receiver."""
        if self._socket is None and not self.open():
            return False
        waiting = self._backlog + datagrams if self._backlog else datagrams
        self._backlog = []
        for index, datagram in enumerate(waiting):
            if not self._send_one(datagram):
                if self._socket is None:
                    return False
                self._backlog = waiting[index : index + MAXIMUM_BACKLOG]
                break
        return True

    def _send_one(self, datagram: bytes) -> bool:
        for last in (False, True):
            try:
                self._connection().send(datagram)
            except BlockingIOError:
                if last or not self._writable():
                    return False
            except OSError:
                # The receiver was replaced: try the new one once.
                if last or not self.open():
                    self.close()
                    return False
            else:
                return True
        return False

    def _writable(self) -> bool:
        import select  # here: only when the receiver is behind

        poll = select.poll()
        poll.register(self.fileno(), select.POLLOUT)
        return bool(poll.poll(PATIENCE_MS))

    def fall_back(self, tag: str, lines: Lines) -> None:
        """Give *lines* to the other sink, if there is one."""
        if self._fallback is not None:
            self._fallback.write(tag, lines)


class PostlogSink(DatagramSink):
    """The postlog service, which writes maillog_file. With *batch* (our own postlogd) a datagram has many lines."""

    __slots__ = ("_batch", "_frame")

    def __init__(
        self, path: str, *, batch: bool = False, host: str | None = None, fallback: Sink | None = None
    ) -> None:
        super().__init__(path, fallback)
        self._batch = batch
        self._frame = file_frame(host)

    def write(self, tag: str, lines: Lines) -> None:
        """Send *lines*."""
        prefix = self._frame.prefix(tag)
        framed = [_encode(f"{prefix}{clean(severity, text)}") for severity, text in lines]
        if not self.send(_joined(framed) if self._batch and len(framed) > 1 else framed):
            self.fall_back(tag, lines)


class SyslogSink(DatagramSink):
    """The local syslog socket."""

    __slots__ = ("_facility", "_frame")

    def __init__(self, facility: str = "mail", path: str = SYSLOG_SOCKET, fallback: Sink | None = None) -> None:
        super().__init__(path, fallback)
        self._facility = FACILITIES.get(facility, FACILITIES["mail"])
        self._frame = syslog_frame()

    def write(self, tag: str, lines: Lines) -> None:
        """Send *lines*."""
        prefix = self._frame.prefix(tag)
        facility = self._facility
        if not self.send(
            [_encode(f"<{facility + LEVELS[severity]}>{prefix}{clean(severity, text)}") for severity, text in lines]
        ):
            self.fall_back(tag, lines)


def choose_sink(
    conf: MainCf,
    *,
    direct: bool = False,
    batch: bool = False,
    fallback: Sink | None = None,
    environ: Mapping[str, str] | None = None,
) -> Sink:
    """Return the sink that main.cf asks for.

    maillog_file empty: syslog. Set: the postlog service, or with *direct* (the master, postlogd, an instance without
    root) the file itself. *fallback* gets the lines when the service or syslog is not there.
    """
    path = conf.value("maillog_file", "")
    if not path:
        return SyslogSink(conf.value("syslog_facility", "mail"), fallback=fallback)
    # Postfix: the master's POSTLOG_HOSTNAME, which is $myhostname. Its default begins with the system's name, too.
    host = conf.value("myhostname", "") or None
    if direct:
        try:
            mode = int(conf.value("maillog_file_permissions", "0600"), 8)
        except ValueError as error:
            value = conf.value("maillog_file_permissions", "0600")
            text = f"bad maillog_file_permissions parameter value: {value}"
            raise conf.error("maillog_file_permissions", text) from error
        return FileSink(path, mode, host)
    service = (os.environ if environ is None else environ).get("POSTLOG_SERVICE")
    if not service:
        queue = conf.value("queue_directory", "/var/spool/postfix")
        service = f"{queue}/public/{conf.value('postlog_service_name', 'postlog')}"
    return PostlogSink(service, batch=batch, host=host, fallback=fallback)


def log_tag(conf: MainCf, program: str) -> str:
    """Return the syslog tag of *program*: "postfix/smtpd"."""
    # The default of syslog_name, without an expansion that would look for the default of the other parameter.
    name = conf.value("syslog_name", "") or conf.value("multi_instance_name", "") or "postfix"
    return f"{name}/{program}"


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _joined(framed: list[bytes]) -> list[bytes]:
    """Join lines with newlines to datagrams of a bounded size."""
    datagrams = []
    group: list[bytes] = []
    octets = 0
    for line in framed:
        if group and octets + len(line) >= MAXIMUM_DATAGRAM:
            datagrams.append(b"\n".join(group))
            group, octets = [], 0
        group.append(line)
        octets += len(line) + 1
    datagrams.append(b"\n".join(group))
    return datagrams


def _write_all(descriptor: int, text: str) -> None:
    """Write *text*; a short write is completed, an error is nobody's to hear."""
    octets = _encode(text)
    try:
        while octets:
            octets = octets[os.write(descriptor, octets) :]
    except OSError:
        pass


if TYPE_CHECKING:

    class _Socket(Protocol):
        def send(self, data: bytes) -> int: ...
        def close(self) -> None: ...
        def fileno(self) -> int: ...
