"""postfix(1): start, stop and control the mail system.

    postfix [-Dv] [-c config_dir] command

Commands: start, start-fg, stop, abort, reload, status, check, flush. Status 0; 1 for errors, and for `status` when the
mail system is not running. What is said goes to the log with the tag `postfix/postfix-script`, and to standard error.
Started by an ordinary user, it controls an instance that belongs to that user.
"""

from __future__ import annotations

import getopt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pymail.commands import postfix_check
from pymail.commands.postfix_settings import settings_without_effect
from pymail.config.find import config_directory
from pymail.config.main_cf import ConfigError, MainCf
from pymail.config.programs import program_path
from pymail.daemons.master.params import MasterParams
from pymail.ipc.trigger import FLUSH_QUEUE, PICKUP_SERVICE, QMGR_SERVICE, trigger
from pymail.log.events import master as events
from pymail.log.fatal import FatalError
from pymail.log.logger import Log
from pymail.log.sinks import StderrSink, TeeSink, choose_sink
from pymail.unix import interpreter, pids
from pymail.unix.users import is_root

USAGE: Final = "usage: postfix [-c config_dir] [-Dv] command"
#: How long `stop` waits before it uses force, and how often it looks.
STOP_PATIENCE: Final = 5.0
_POLL: Final = 0.01
_MASTER: Final = "pymail.daemons.master.service"
_FLUSH_TIMEOUT: Final = 10.0


@dataclass(frozen=True, slots=True)
class Options:
    """The command line."""

    directory: str
    command: str
    debugger: bool = False
    verbose: int = 0


def parse(argv: Sequence[str], environ: Mapping[str, str]) -> Options:
    """Understand the command line. Raises FatalError."""
    try:
        pairs, rest = getopt.getopt(list(argv), "c:Dv")
    except getopt.GetoptError as error:
        raise FatalError(USAGE) from error
    if not rest:
        raise FatalError(USAGE)
    if len(rest) > 1:
        raise FatalError(f"usage postfix {rest[0]} (no arguments)")
    values = dict(pairs)
    directory = os.path.abspath(config_directory(values.get("-c"), environ))
    names = [name for name, _value in pairs]
    return Options(directory, rest[0], "-D" in names, names.count("-v"))


class Control:
    """One mail system, as this command sees it."""

    def __init__(self, options: Options, conf: MainCf, log: Log) -> None:
        self._options = options
        self._conf = conf
        self._log = log
        self._params = MasterParams(conf)
        self._lock = os.path.join(self._params.queue_directory, self._params.process_id_directory, "master.pid")

    def run(self) -> int:
        """Do what the command line asks for; return the exit status. Raises FatalError, ConfigError."""
        commands: dict[str, Callable[[], int]] = {
            "start": self.start,
            "start-fg": self.start_in_foreground,
            "stop": self.stop,
            "abort": self.abort,
            "reload": self.reload,
            "status": self.status,
            "check": self.check,
            "flush": self.flush,
        }
        command = commands.get(self._options.command)
        if command is None:
            raise FatalError(
                f"unknown command: '{self._options.command}'. Usage: postfix start (or stop, reload, abort, flush, "
                "check, status, set-permissions, upgrade-configuration, logrotate)"
            )
        self._refuse_others()
        return command()

    def _refuse_others(self) -> None:
        """An instance of root's is root's to control."""
        try:
            owner = os.stat(self._params.queue_directory).st_uid
        except OSError:
            return
        if not is_root() and owner != os.getuid():
            raise FatalError("the postfix command is reserved for the superuser")

    def _is_running(self) -> bool:
        return pids.is_locked(self._lock)

    def _require_running(self) -> int:
        """Return the number of the running master. Raises FatalError."""
        pid = pids.read(self._lock) if self._is_running() else 0
        if not pid:
            raise FatalError(events.NOT_RUNNING)
        return pid

    # -- commands

    def start(self) -> int:
        """Start the mail system and wait until it is ready."""
        self._prepare_start()
        started = subprocess.run(self._master("-w"), stdin=subprocess.DEVNULL, check=False)
        if started.returncode:
            raise FatalError("mail system startup failed")
        return 0

    def start_in_foreground(self) -> int:
        """Become the master."""
        self._prepare_start()
        argv = self._master("-i" if os.getpid() == 1 else "-s")
        sys.stdout.flush()
        os.execv(argv[0], argv)

    def _prepare_start(self) -> None:
        if self._is_running():
            raise FatalError(events.ALREADY_RUNNING)
        self._check(thorough=False)
        self._log.info(events.STARTING)
        self._log.flush()
        # Files that a restored queue has under wrong names, or in wrong folders, are mended before anybody reads them.
        repair = [program_path("postsuper", self._conf), "-c", self._options.directory, "-s", "-p"]
        if subprocess.run(repair, stdin=subprocess.DEVNULL, check=False).returncode:
            raise FatalError("postsuper failed: the queue was not checked")

    def _check(self, *, thorough: bool) -> None:
        postfix_check.check(postfix_check.CheckParams(self._conf), self._log, thorough=thorough)
        for warning in settings_without_effect(self._conf):
            self._log.warning("%s", warning)

    def _master(self, mode: str) -> list[str]:
        options = ["-c", self._options.directory, mode, *["-v"] * self._options.verbose]
        return [*interpreter.module_command(_MASTER), *options, *(["-D"] if self._options.debugger else [])]

    def stop(self) -> int:
        """Stop, and wait until the master is gone."""
        pid = self._require_running()
        self._log.info(events.STOPPING)
        self._log.flush()
        os.kill(pid, signal.SIGTERM)
        if self._wait_for_end(STOP_PATIENCE):
            return 0
        self._log.warning("stopping the Postfix mail system with force")
        os.killpg(os.getpgid(pid), signal.SIGKILL)
        self._wait_for_end(STOP_PATIENCE)
        return 0

    def _wait_for_end(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self._is_running():
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL)
        return True

    def abort(self) -> int:
        """Stop without waiting."""
        pid = self._require_running()
        self._log.info(events.ABORTING)
        os.kill(pid, signal.SIGTERM)
        return 0

    def reload(self) -> int:
        """Read the configuration again."""
        pid = self._require_running()
        self._log.info(events.REFRESHING)
        self._log.flush()
        os.kill(pid, signal.SIGHUP)
        return 0

    def status(self) -> int:
        """Say whether the mail system is running."""
        if not self._is_running():
            self._log.info(events.NOT_RUNNING)
            return 1
        self._log.info(events.running(pids.read(self._lock)))
        return 0

    def check(self) -> int:
        """Make missing folders; warn about owners, modes and syntax."""
        for warning in self._conf.warnings:
            self._log.warning("%s", warning)
        self._check(thorough=True)
        return 0

    def flush(self) -> int:
        """Try to deliver all deferred mail now."""
        self._require_running()
        queue = self._params.queue_directory
        trigger(os.path.join(queue, QMGR_SERVICE), FLUSH_QUEUE, _FLUSH_TIMEOUT)
        trigger(os.path.join(queue, PICKUP_SERVICE), timeout=_FLUSH_TIMEOUT)
        return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its status."""
    log = Log("postfix/postfix", StderrSink("postfix"))
    try:
        options = parse(sys.argv[1:] if argv is None else argv, os.environ)
        conf = MainCf.load(options.directory)
        tag = f"{conf.value('syslog_name')}/postfix-script"
        sinks = [choose_sink(conf, direct=True), StderrSink(tag)]
        log = Log(tag, TeeSink(sinks), verbose=options.verbose)
        return Control(options, conf, log).run()
    except (FatalError, ConfigError) as error:
        log.fatal_line("%s", error)
        return 1
    except OSError as error:
        log.fatal_line("%s", error)
        return 1
    finally:
        log.flush()


if __name__ == "__main__":
    sys.exit(main())
