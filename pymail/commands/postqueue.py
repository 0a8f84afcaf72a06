"""postqueue(1): list the queue, or have mail delivered now. Light.

    postqueue [-v] [-c config_dir] -p | -j | -f | -i queue_id | -s site

Talks to showq, qmgr, pickup and flush through their public sockets: ordinary users need the set-gid launcher. With the
mail system down the owner of the instance gets the listing from the queue itself. Status 0, or 69 for all errors.
"""

from __future__ import annotations

import _socket
import os
import sys

from pymail.commands import access
from pymail.commands.maildrop import enter_queue
from pymail.commands.postqueue_flush import Flush, read_list
from pymail.commands.postqueue_format import JsonFormat, TextFormat
from pymail.commands.postqueue_params import PostqueueParams
from pymail.commands.surroundings import configuration, login_name, open_log, owns, stderr_log
from pymail.config.find import config_directory
from pymail.config.main_cf import ConfigError
from pymail.ipc import showq
from pymail.log.fatal import FatalError
from pymail.proto import attr
from pymail.util.options import OptionError, parse_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Final

    from pymail.config.main_cf import MainCf
    from pymail.ipc.showq import ListedMessage
    from pymail.log.logger import Log

USAGE: Final = (
    "usage: postqueue -f | postqueue -i queueid | postqueue -j | postqueue -p | postqueue -s site"  # as Postfix
)
UNAVAILABLE: Final = 69
_ACTIONS: Final = "fijps"
_TIMEOUT: Final = 3600.0


class Postqueue:
    """One run of the command."""

    __slots__ = ("_conf", "_log", "_params")

    def __init__(self, conf: MainCf, log: Log) -> None:
        self._conf = conf
        self._log = log
        self._params = PostqueueParams(conf)

    def run(self, action: str, value: str) -> None:
        """Do *action* (one of the option letters). Raises FatalError, ConfigError."""
        params = self._params
        if action in "pj":
            self._authorize("authorized_mailq_users", params.authorized_mailq_users, "view")
        else:
            self._authorize("authorized_flush_users", params.authorized_flush_users, "flush")
        enter_queue(params.queue_directory)
        flush = Flush(self._conf, params, self._log)
        if action == "f":
            flush.all()
        elif action == "i":
            flush.message(value)
        elif action == "s":
            flush.site(value)
        else:
            self._list(JsonFormat() if action == "j" else TextFormat(long_ids=params.enable_long_queue_ids))

    def _authorize(self, parameter: str, value: str, verb: str) -> None:
        uid = os.getuid()
        if uid == 0 or login_name(uid) == self._params.mail_owner:
            return
        refused = access.refused_user(self._conf, parameter, value, uid, self._log)
        if refused is not None:
            raise FatalError(f"User {refused}({uid}) is not allowed to {verb} the mail queue")

    def _list(self, form: TextFormat | JsonFormat) -> None:
        out = sys.stdout.buffer
        for message in self._messages():
            out.write(form.message(message).encode("utf-8", "surrogateescape"))
        out.write(form.end().encode())
        out.flush()

    def _messages(self) -> Iterator[ListedMessage]:
        service = f"public/{self._params.showq_service_name}"
        client = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        client.settimeout(_TIMEOUT)
        try:
            client.connect(service)
        except OSError as error:
            client.close()
            reason = f"(Connect to the Postfix {self._params.showq_service_name} service: {error.strerror})"
            if not owns("."):
                raise FatalError(f"Queue report unavailable - mail system is down {reason}") from error
            self._log.warning("%s", f"Mail system is down -- accessing queue directly {reason}")
            yield from self._read_queue()
            return
        try:
            yield from _received(client)
        except (OSError, attr.AttrError) as error:
            raise FatalError("malformed showq server response") from error
        finally:
            client.close()

    def _read_queue(self) -> Iterator[ListedMessage]:
        """List without showq."""
        from pymail.queue.directories import QueueLayout, parse_hash_names  # here: the rare case is the costly one
        from pymail.queue.listing import Lister

        params = self._params
        lister = Lister(
            QueueLayout(parse_hash_names(params.hash_queue_names), params.hash_queue_depth),
            lambda text: self._log.warning("%s", text),
            params.empty_address_recipient,
            params.duplicate_filter_limit,
        )
        for message in lister.messages():
            if message is not None:
                yield message


def _received(client: _socket.socket) -> Iterator[ListedMessage]:
    """Yield what showq sends. Raises OSError, AttrError."""
    reader = attr.ListReader(limit=1 << 28)
    attr.check_announcement(read_list(client, reader), showq.PROTOCOL)
    while True:
        fields = read_list(client, reader)
        if not fields:
            return
        yield showq.decode_message(fields)


def _action(pairs: list[tuple[str, str]], rest: list[str]) -> tuple[str, str]:
    chosen = [(letter, value) for letter, value in pairs if letter in _ACTIONS]
    if len(chosen) != 1 or rest:
        raise FatalError(USAGE)
    return chosen[0]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its status."""
    log = stderr_log("postqueue")
    try:
        pairs, rest = parse_options(sys.argv[1:] if argv is None else argv, "c:fi:jps:v")
        directory = next((value for letter, value in reversed(pairs) if letter == "c"), None)
        conf = configuration(config_directory(directory, os.environ))
        log = open_log(conf, "postqueue", sum(letter == "v" for letter, _value in pairs))
        Postqueue(conf, log).run(*_action(pairs, rest))
        return 0
    except OptionError as error:
        log.info(str(error))
        log.fatal_line(USAGE)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the reader has seen enough
    except Exception as error:
        if not isinstance(error, (FatalError, ConfigError)):
            log.warning("%s", type(error).__name__)
        log.fatal_line("%s", error)
    finally:
        log.flush()
    return UNAVAILABLE
