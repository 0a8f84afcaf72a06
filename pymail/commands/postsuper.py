"""postsuper(1): delete, hold, release, requeue and expire messages; check and repair the queue.

    postsuper [-psSv] [-c config_dir] [-d id]... [-e id]... [-f id]... [-h id]... [-H id]... [-r id]... [queue...]

An id is a queue ID, ALL, or `-` for those on standard input. Without options it does -p and -s. -p and -s come first,
then single messages in the order of the command line, then what is to be done to ALL. Each message is logged, and at
the end the count of each operation. Status 0, also for IDs that are not there; 1 for errors.

Privilege: root, who becomes mail_owner before the first file is touched; or the owner of an instance.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pymail.commands.surroundings import is_setgid, open_log, owns, stderr_log
from pymail.config.declare import ParamSet
from pymail.config.find import config_directory
from pymail.config.main_cf import ConfigError, MainCf
from pymail.config.params.process import ProcessParams as process
from pymail.config.params.queueing import QueueingParams as queueing
from pymail.log.events import postsuper as events
from pymail.log.fatal import FatalError
from pymail.log.logger import Log
from pymail.queue.directories import QueueLayout, parse_hash_names
from pymail.queue.names import is_queue_id
from pymail.queue.operations import MESSAGE_QUEUES, Operation, Operations, is_complete
from pymail.queue.structure import CHECKED_QUEUES, Fix, Structure
from pymail.unix import jail
from pymail.unix.users import NoSuchUserError, is_root, user_by_name
from pymail.util.options import OptionError, parse_options

USAGE: Final = (
    "usage: postsuper [-c config_dir] [-d queue_id (delete)] [-e queue_id (expire)]"
    " [-f queue_id (expire and/or un-hold)] [-h queue_id (hold)] [-H queue_id (un-hold)] [-p (purge temporary files)]"
    " [-r queue_id (requeue)] [-s (structure fix)] [-S (redundant structure fix)][-v (verbose)] [queue...]"
)
ALL: Final = "ALL"
#: The queues that may be named on the command line.
KNOWN_QUEUES: Final = (*MESSAGE_QUEUES, "bounce", "defer", "trace", "flush")
_OPERATIONS: Final = {
    "r": (Operation.REQUEUE,),
    "d": (Operation.DELETE,),
    "e": (Operation.EXPIRE,),
    "f": (Operation.EXPIRE, Operation.RELEASE),
    "h": (Operation.HOLD,),
    "H": (Operation.RELEASE,),
}
#: The summary, in the order in which it is given.
_SUMMARY: Final = {
    Operation.REQUEUE: "Requeued",
    Operation.DELETE: "Deleted",
    Operation.EXPIRE: "Force-expired",
    Operation.HOLD: "Placed on hold",
    Operation.RELEASE: "Released from hold",
}


class PostsuperParams(ParamSet):
    """The parameters of postsuper."""

    queue_directory = process.queue_directory
    mail_owner = process.mail_owner
    hash_queue_names = queueing.hash_queue_names
    hash_queue_depth = queueing.hash_queue_depth


@dataclass(frozen=True, slots=True)
class Options:
    """The command line: *requests* are (option letter, id), *fix* what is to be repaired."""

    directory: str | None
    requests: tuple[tuple[str, str], ...]
    fix: Fix
    queues: tuple[str, ...]
    verbose: int


def parse(argv: Sequence[str]) -> Options:
    """Understand the command line. Raises FatalError, OptionError."""
    pairs, queues = parse_options(argv, "c:d:e:f:h:H:pr:sSv")
    directory: str | None = None
    for option, value in pairs:
        if option == "c":
            if not value.startswith("/"):
                raise FatalError("-c requires absolute pathname")
            directory = value
    flags = {option for option, _value in pairs}
    requests = tuple((option, value) for option, value in pairs if option in _OPERATIONS)
    nothing = not requests and not flags & {"p", "s", "S"}
    fix = Fix(structure=nothing or bool(flags & {"s", "S"}), long_names="S" in flags, purge=nothing or "p" in flags)
    for name in queues:
        if name not in KNOWN_QUEUES:
            raise FatalError(f"invalid directory name: {name}")
    return Options(directory, requests, fix, tuple(queues), sum(option == "v" for option, _value in pairs))


class Postsuper:
    """One run of the command, in the queue directory."""

    def __init__(self, options: Options, layout: QueueLayout, log: Log, ids: Iterable[str]) -> None:
        """*ids* are the lines of standard input."""
        self._options = options
        self._layout = layout
        self._log = log
        self._ids = ids
        self._operations = Operations(layout, log.debug)
        self._queues = options.queues or MESSAGE_QUEUES
        self._counts: dict[Operation, int] = {}

    def run(self) -> None:
        """Do what the options ask for. Raises FatalError."""
        options = self._options
        renamed = self._repair() if options.fix.structure or options.fix.purge else 0
        for letter, value in options.requests:
            for operation in _OPERATIONS[letter]:
                self._counts.setdefault(operation, 0)
            if value == ALL:
                continue
            if renamed:
                raise FatalError(events.CHECK_IDS)
            for queue_id in self._named(value):
                self._one(letter, queue_id)
        everything = [letter for letter, value in options.requests if value == ALL]
        if everything:
            self._all(everything)
        self._report()
        if renamed:
            self._log.info(events.summary("Renamed to match inode number", renamed))
            self._log.warning(events.QUEUE_CHANGED)

    def _repair(self) -> int:
        log = self._log
        structure = Structure(
            self._layout, self._options.fix, lambda text: log.warning("%s", text), lambda text: log.debug("%s", text)
        )
        try:
            structure.run(self._options.queues or CHECKED_QUEUES)
        except FatalError:
            if structure.renamed:
                log.warning(events.INCOMPLETE)
            raise
        return structure.renamed

    def _named(self, value: str) -> Iterator[str]:
        for line in self._ids if value == "-" else (value,):
            queue_id = line.rstrip("\n")
            if is_queue_id(queue_id):
                yield queue_id
            elif queue_id:
                self._log.warning("invalid mail queue id: %s", queue_id)

    def _one(self, letter: str, queue_id: str) -> None:
        for operation in _OPERATIONS[letter]:
            if self._operations.apply(operation, queue_id, self._queues):
                self._counts[operation] += 1
                self._log.info(events.done(queue_id, operation.value))

    def _all(self, letters: Sequence[str]) -> None:
        wanted = list(dict.fromkeys(operation for letter in letters for operation in _OPERATIONS[letter]))
        for queue_name in MESSAGE_QUEUES:
            if queue_name not in self._queues:
                continue
            for path, name in self._files(queue_name):
                self._apply(wanted, queue_name, path, name)

    def _apply(self, wanted: Sequence[Operation], queue_name: str, path: str, name: str) -> None:
        if is_queue_id(name):
            for operation in wanted:
                if not self._operations.applies(operation, queue_name):
                    continue
                complete = operation is not Operation.DELETE or is_complete(path)
                if self._operations.apply_to(operation, name, queue_name, path):
                    self._counts[operation] += complete
        elif Operation.DELETE in wanted:
            # A temporary file, or what somebody put there by mistake.
            complete = is_complete(path)
            self._counts[Operation.DELETE] += self._operations.remove(path) and complete
        else:
            self._log.warning("bogus file name: %s", path)

    def _files(self, queue_name: str) -> list[tuple[str, str]]:
        """Return path and name of all files in *queue_name*, as of now: what is done moves them."""
        found: list[tuple[str, str]] = []
        pending = [self._layout.root + queue_name]
        while pending:
            directory = pending.pop()
            try:
                with os.scandir(directory) as entries:
                    for entry in entries:
                        if entry.is_dir(follow_symlinks=False):
                            pending.append(entry.path)
                        else:
                            found.append((entry.path, entry.name))
            except FileNotFoundError:
                continue
            except OSError as error:
                raise FatalError(f"scan_dir_push: open directory {directory}: {error.strerror}") from error
        return found

    def _report(self) -> None:
        for operation, text in _SUMMARY.items():
            count = self._counts.get(operation)
            if count is not None:
                self._log.info(events.summary(text, count))


def _enter(params: PostsuperParams) -> None:
    """Become mail_owner, in the queue directory. Raises FatalError."""
    try:
        os.chdir(params.queue_directory)
        jail.enter(None, user_by_name(params.mail_owner) if is_root() else None)
    except NoSuchUserError as error:
        raise FatalError(str(error)) from error
    except OSError as error:
        raise FatalError(f"chdir {params.queue_directory}: {error.strerror}") from error


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its status."""
    log = stderr_log("postsuper")
    try:
        options = parse(sys.argv[1:] if argv is None else argv)
        if is_setgid():
            raise FatalError("this postfix command must not run as a set-uid process")
        conf = MainCf.load(config_directory(options.directory, os.environ))
        params = PostsuperParams(conf)
        if not owns(params.queue_directory):
            raise FatalError("use of this command is reserved for the superuser")
        log = open_log(conf, "postsuper", options.verbose)
        layout = QueueLayout(parse_hash_names(params.hash_queue_names), params.hash_queue_depth)
        _enter(params)
        Postsuper(options, layout, log, sys.stdin).run()
        return 0
    except OptionError as error:
        log.info(str(error))
        log.fatal_line(USAGE)
    except (FatalError, ConfigError) as error:
        log.fatal_line("%s", error)
    except Exception as error:
        log.fatal_line("%s: %s", type(error).__name__, error)
    finally:
        log.flush()
    return 1
