"""postcat(1): show queue files.

    postcat [-bdefhoqrv] [-c config_dir] [-s offset] [file...]

-b body, -e envelope, -h header (default: all); -d record types as numbers, -o offsets, -f file name before each line;
-q takes queue IDs; -r raw order (with -v); -s start offset; -v all records with their names. Without a file it reads
standard input. Status 1 for what cannot be read.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from pymail.commands.postcat_print import Printer, Wish
from pymail.config.declare import ParamSet
from pymail.config.find import config_directory
from pymail.config.main_cf import ConfigError, MainCf
from pymail.config.params.process import ProcessParams as process
from pymail.config.params.queueing import QueueingParams as queueing
from pymail.log.fatal import FatalError
from pymail.log.logger import Log
from pymail.log.sinks import StderrSink
from pymail.queue.directories import QueueLayout, parse_hash_names
from pymail.queue.names import is_queue_id
from pymail.util.options import OptionError, parse_options

USAGE: Final = (
    "usage: postcat [-b (body text)] [-c config_dir] [-d (decimal record type)] [-e (envelope records)]"
    " [-h (header text)] [-q (access queue)] [-v] [file(s)...]"
)
#: Where -q looks, in this order.
QUEUES: Final = ("maildrop", "incoming", "active", "deferred", "hold")


class PostcatParams(ParamSet):
    """The parameters of postcat."""

    queue_directory = process.queue_directory
    hash_queue_names = queueing.hash_queue_names
    hash_queue_depth = queueing.hash_queue_depth


@dataclass(frozen=True, slots=True)
class Options:
    """The command line."""

    wish: Wish
    directory: str | None
    in_queue: bool
    files: tuple[str, ...]


def parse(argv: Sequence[str]) -> Options:
    """Understand the command line. Raises FatalError, OptionError."""
    pairs, files = parse_options(argv, "bc:defhoqrs:v")
    values = dict(pairs)
    start = values.get("s", "0")
    if not start.isascii() or not start.isdigit():
        raise FatalError(f"bad offset: {start}")
    whole = not {"b", "e", "h"} & values.keys()
    wish = Wish(
        envelope=whole or "e" in values,
        header=whole or "h" in values,
        body=whole or "b" in values,
        decimal="d" in values,
        offsets="o" in values,
        raw="r" in values,
        verbose="v" in values,
        file_names="f" in values,
        start=int(start),
    )
    return Options(wish, values.get("c"), "q" in values, tuple(files))


def find_in_queue(layout: QueueLayout, queue_id: str) -> str:
    """Return the path of the message *queue_id*. Raises FatalError."""
    if not is_queue_id(queue_id):
        raise FatalError(f"bad mail queue ID: {queue_id}")
    for queue_name in QUEUES:
        path = layout.path(queue_name, queue_id)
        if os.path.lexists(path):
            return path
    raise FatalError(f"open queue file {queue_id}: No such file or directory")


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise FatalError(f"open {path}: {error.strerror}") from error


def _run(options: Options, out: BinaryIO, log: Log) -> None:
    def warn(text: str) -> None:
        out.flush()
        log.warning("%s", text)

    if not options.files:
        Printer("stdin", sys.stdin.buffer.read(), options.wish, out, warn).run()
        return
    layout: QueueLayout | None = None
    if options.in_queue:
        params = PostcatParams(MainCf.load(config_directory(options.directory, os.environ)))
        try:
            os.chdir(params.queue_directory)
        except OSError as error:
            raise FatalError(f"chdir {params.queue_directory}: {error.strerror}") from error
        layout = QueueLayout(parse_hash_names(params.hash_queue_names), params.hash_queue_depth)
    for name in options.files:
        path = find_in_queue(layout, name) if layout is not None else name
        Printer(path, _read(path), options.wish, out, warn).run()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its status."""
    log = Log("postfix/postcat", StderrSink("postcat"))
    out = sys.stdout.buffer
    try:
        _run(parse(sys.argv[1:] if argv is None else argv), out, log)
        out.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the reader has seen enough
        return 1
    except OptionError as error:
        log.info(str(error))
        log.fatal_line(USAGE)
        return 1
    except (FatalError, ConfigError) as error:
        out.flush()
        log.fatal_line("%s", error)
        return 1
    return 0
