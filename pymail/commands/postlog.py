"""postlog(1): log a line from a script.

    postlog [-iv] [-c config_dir] [-p priority] [-t tag] [text...]

Without text, each line of standard input is logged. Priorities: info (default), warn, error, fatal, panic; the word is
put before the text, and has no other effect. A terminal or pipe at standard error gets the line, too. Status 0.
"""

from __future__ import annotations

import getopt
import os
import stat
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pymail.config.find import config_directory
from pymail.config.main_cf import ConfigError, MainCf
from pymail.log.fatal import FatalError
from pymail.log.logger import Log
from pymail.log.sinks import StderrSink, TeeSink, choose_sink

USAGE: Final = "usage: postlog [-c config_dir] [-i] [-p priority] [-t tag] [-v] [text]"
SEVERITIES: Final = {
    "info": "info",
    "warn": "warning",
    "warning": "warning",
    "error": "error",
    "fatal": "fatal",
    "panic": "panic",
}


@dataclass(frozen=True, slots=True)
class Options:
    """The command line."""

    directory: str
    severity: str = "info"
    tag: str = ""
    text: str | None = None


def parse(argv: Sequence[str], environ: Mapping[str, str]) -> Options:
    """Understand the command line. Raises FatalError."""
    try:
        pairs, rest = getopt.getopt(list(argv), "c:ip:t:v")
    except getopt.GetoptError as error:
        raise FatalError(USAGE) from error
    values = dict(pairs)
    word = values.get("-p", "info")
    severity = SEVERITIES.get(word.lower())
    if severity is None:
        raise FatalError(f'bad severity: "{word}"')
    directory = config_directory(values.get("-c"), environ)
    tag = values.get("-t") or environ.get("MAIL_LOGTAG", "")
    return Options(directory, severity, tag, " ".join(rest) if rest else None)


def write(log: Log, severity: str, lines: Iterable[str]) -> None:
    """Log each line."""
    by_severity = {"warning": log.warning, "error": log.error, "fatal": log.fatal_line, "panic": log.panic_line}
    for line in lines:
        if severity == "info":
            log.info(line)
        else:
            by_severity[severity]("%s", line)
    log.flush()


def _is_watched(fd: int) -> bool:
    """Whether somebody may read what is written to *fd*."""
    try:
        return os.isatty(fd) or stat.S_ISFIFO(os.fstat(fd).st_mode)
    except OSError:
        return False


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its status."""
    try:
        options = parse(sys.argv[1:] if argv is None else argv, os.environ)
        conf = MainCf.load(options.directory)
        tag = options.tag or f"{conf.value('syslog_name')}/postlog"
        may_write = os.geteuid() in (0, _owner(conf.value("queue_directory")))
        sink = choose_sink(conf, direct=may_write)
        shown = [StderrSink(options.tag or "postlog")] if _is_watched(2) else []
        log = Log(tag, TeeSink([sink, *shown]))
    except (FatalError, ConfigError) as error:
        sys.stderr.write(f"postlog: fatal: {error}\n")
        return 1
    lines = (line.rstrip("\n") for line in sys.stdin) if options.text is None else (options.text,)
    write(log, options.severity, lines)
    return 0


def _owner(path: str) -> int:
    try:
        return os.stat(path).st_uid
    except OSError:
        return -1


if __name__ == "__main__":
    sys.exit(main())
