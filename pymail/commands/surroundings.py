"""What the queue commands share: their log, and whether they may touch the queue. Light."""

from __future__ import annotations

import os
import sys

from pymail.config.find import DEFAULT_DIRECTORY
from pymail.config.main_cf import MainCf
from pymail.log.fatal import FatalError
from pymail.log.logger import Log
from pymail.log.sinks import StderrSink, TeeSink, choose_sink, log_tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def stderr_log(program: str) -> Log:
    """Return the log of a command that has no configuration yet."""
    return Log(f"postfix/{program}", StderrSink(program))


def open_log(conf: MainCf, program: str, verbose: int = 0) -> Log:
    """Return the log of a command: what it says goes to the mail log, and to standard error. Nothing is opened yet.

    With the mail system down nobody writes maillog_file for us: the owner of the instance does it himself.
    """
    maillog = conf.value("maillog_file", "")
    direct = os.geteuid() != 0 and owns(conf.value("queue_directory", "/var/spool/postfix"))
    fallback = choose_sink(conf, direct=True) if maillog and not direct and os.geteuid() == 0 else None
    sinks = (StderrSink(program), choose_sink(conf, direct=direct, fallback=fallback))
    return Log(log_tag(conf, program), TeeSink(sinks), verbose=verbose)


def owns(path: str) -> bool:
    """Say whether this process is root's, or that of the user who owns *path* (an instance without root)."""
    user = os.geteuid()
    if user == 0:
        return True
    try:
        return os.stat(path).st_uid == user
    except OSError:
        return False


def is_setgid() -> bool:
    """Say whether the command has rights that its caller has not."""
    return os.geteuid() != os.getuid() or os.getegid() != os.getgid()


def configuration(directory: str) -> MainCf:
    """Read main.cf; a set-gid command takes only a directory that the default main.cf knows.

    Raises ConfigError, FatalError.
    """
    if is_setgid() and os.getuid() != 0 and directory != DEFAULT_DIRECTORY:
        _refuse_foreign(directory, MainCf.load(DEFAULT_DIRECTORY))
    return MainCf.load(directory)


def _refuse_foreign(directory: str, default: MainCf) -> None:
    for name in ("alternate_config_directories", "multi_instance_directories"):
        if directory in default.value(name, "").replace(",", " ").split():
            return
    raise FatalError(f"unauthorized configuration directory name: {directory}")


def login_name(uid: int) -> str | None:
    """Return the login name of *uid*, None when it has none."""
    import pwd  # here: not every command asks

    try:
        return pwd.getpwuid(uid).pw_name
    except (KeyError, OverflowError):
        return None


def replace_process(path: str, arguments: list[str], environ: Mapping[str, str] | None = None) -> None:
    """Become the program *path*. Raises FatalError."""
    sys.stdout.flush()
    try:
        os.execve(path, arguments, os.environ if environ is None else environ)
    except OSError as error:
        raise FatalError(f"execv {path}: {error.strerror}") from error
