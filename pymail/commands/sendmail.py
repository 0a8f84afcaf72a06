"""sendmail(1): the front end that other programs know; also mailq, newaliases. Light.

    sendmail [options] [recipient...]       queue the message on standard input
    mailq, sendmail -bp                     list the queue (postqueue -p)
    newaliases, sendmail -bi, -I            build the alias database (postalias)
    sendmail -bs                            SMTP on standard input and output (smtpd -S)
    sendmail -bd                            start the mail system; -q: flush the queue; -bv: verify addresses

Status 0, or 75 (try again) for whatever goes wrong, as Postfix. As root, or in an instance of the user's own, the
message goes into the maildrop in this process; else through the set-gid postdrop.
"""

from __future__ import annotations

import os
import pwd
import sys

from pymail.commands import access, maildrop
from pymail.commands.sendmail_addresses import full_name, one_line, parse_addresses
from pymail.commands.sendmail_content import ContentEncoder
from pymail.commands.sendmail_options import TRACE_VERIFY, USAGE, OptionReader
from pymail.commands.sendmail_params import SendmailParams
from pymail.commands.sendmail_pipe import PostdropPipe
from pymail.commands.surroundings import (
    open_log,
    owns,
    replace_process,
    stderr_log,
)
from pymail.config.find import config_directory
from pymail.config.main_cf import ConfigError, MainCf
from pymail.config.programs import daemon_command, program_path, setgid_path
from pymail.log.fatal import FatalError
from pymail.proto.record import RecordType, encode, encode_attribute, encode_text
from pymail.queue.submission import is_clean
from pymail.util.options import OptionError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from pymail.commands.sendmail_header import HeaderScan
    from pymail.commands.sendmail_options import SendmailOptions
    from pymail.log.logger import Log

    Target = maildrop.Maildrop | PostdropPipe

#: sysexits.h, EX_TEMPFAIL: whoever called keeps the message and tries again.
TEMPFAIL: Final = 75


class Sendmail:
    """One run of the command."""

    __slots__ = ("_conf", "_log", "_options", "_params", "_sender", "_uid")

    def __init__(self, options: SendmailOptions, conf: MainCf, log: Log) -> None:
        self._options = options
        self._conf = conf
        self._log = log
        self._params = SendmailParams(conf)
        self._uid = os.getuid()
        self._sender = options.sender or ""

    def run(self) -> int:
        """Do what the options ask for; return the exit status. Raises FatalError, ConfigError."""
        options = self._options
        mode = options.mode
        if mode == "enqueue":
            if options.site:
                return self._flush("flush site", "-s", options.site)
            if options.queue_id:
                return self._flush("flush queue_id", "-i", options.queue_id)
            return self._enqueue()
        if mode == "list":
            self._refuse_recipients("display queue mode")
            self._run_postqueue("-p")
        elif mode == "flush":
            self._refuse_recipients("flush queue mode")
            self._run_postqueue("-f")
        elif mode == "daemon":
            self._refuse_recipients("daemon mode")
            self._replace("postfix", "start")
        elif mode == "aliases":
            self._refuse_recipients("alias initialization mode")
            maps = (options.alias_maps or self._conf.value("alias_database")).replace(",", " ").split()
            if maps:
                self._replace("postalias", "--", *maps)
        elif mode == "stand-alone":
            self._refuse_recipients("stand-alone mode")
            command = [*daemon_command("smtpd"), "-S", *self._verbosity()]
            replace_process(command[0], command)
        return 0

    def _refuse_recipients(self, mode: str) -> None:
        if self._options.arguments:
            raise FatalError(f"{mode} requires no recipient")

    def _verbosity(self) -> list[str]:
        return ["-v"] * self._options.verbose

    def _replace(self, name: str, *arguments: str) -> None:
        replace_process(program_path(name, self._conf), [name, *self._verbosity(), *arguments])

    def _flush(self, what: str, option: str, value: str) -> int:
        self._refuse_recipients(what)
        self._run_postqueue(option, value)
        return 0

    def _run_postqueue(self, *arguments: str) -> None:
        own = owns(self._params.queue_directory)
        path = program_path("postqueue", self._conf) if own else setgid_path("postqueue", self._conf)
        replace_process(path, ["postqueue", *self._verbosity(), *arguments])

    # -- a message

    def _enqueue(self) -> int:
        options, params, uid = self._options, self._params, self._uid
        value = params.authorized_submit_users
        refused = access.refused_user(self._conf, "authorized_submit_users", value, uid, self._log)
        if refused is not None:
            raise FatalError(f"User {refused}({uid}) is not allowed to submit mail")
        entry = _account(uid)
        sender = self._envelope_sender(entry)
        self._sender = options.sender if options.sender is not None else sender
        recipients = [address for word in options.arguments for address in parse_addresses(word)]
        if not recipients and not options.extract:
            raise self._fatal("Recipient addresses must be specified on the command line or via the -t option")
        envelope = self._envelope(
            sender, full_name(entry, os.environ) if options.full_name is None else options.full_name
        )
        target = self._open(sender)
        try:
            target.write(envelope + self._recipient_records(recipients) + encode(RecordType.MESSAGE))
            if options.trace & TRACE_VERIFY:
                target.write(_probe(sender, recipients))
            else:
                self._copy_message(target)
            self._finish(target)
        finally:
            target.remove()
        if options.trace:
            print(f"Mail Delivery Status Report will be mailed to <{self._sender}>.")
        return 0

    def _fatal(self, text: str) -> FatalError:
        return FatalError(f"{self._sender}({self._uid}): {text}")

    def _envelope_sender(self, entry: pwd.struct_passwd | None) -> str:
        given = self._options.sender
        if given is None:
            if entry is None:
                raise FatalError(f"no login name found for user ID {self._uid}")
            return entry.pw_name
        addresses = parse_addresses(given)
        if len(addresses) > 1:
            self._log.warning("-f option specified malformed sender: %s", given)
        return addresses[0]

    def _envelope(self, sender: str, name: str | None) -> bytes:
        options, params = self._options, self._params
        records: list[bytes] = []
        if options.envelope_id:
            records.append(encode_attribute("envelope_id", options.envelope_id))
        if options.ret:
            records.append(encode_attribute("ret_flags", options.ret))
        records.append(encode_attribute("rewrite_context", options.rewrite_context))
        if name is not None:
            records.append(encode_text(RecordType.FULL_NAME, one_line(name)[: params.line_length_limit // 4]))
        records.append(self._checked(RecordType.SENDER, sender))
        if options.encoding:
            records.append(encode_attribute("encoding", options.encoding))
        if options.trace:
            records.append(encode_attribute("trace_flags", options.trace))
        if options.verp is not None:
            if not sender:
                raise self._fatal("-V option requires non-null sender address")
            records.append(encode_text(RecordType.VERP, options.verp or params.default_verp_delimiters))
        return b"".join(records)

    def _checked(self, record_type: int, address: str) -> bytes:
        data = address.encode("utf-8", "surrogateescape")
        if not is_clean(data, self._params.line_length_limit):
            raise self._fatal("queue file write error")
        return encode(record_type, data)

    def _recipient_records(self, recipients: list[str]) -> bytes:
        notify = self._options.notify
        before = encode_attribute("notify_flags", notify) if notify else b""
        return b"".join([before + self._checked(RecordType.RECIPIENT, address) for address in recipients])

    def _open(self, sender: str) -> Target:
        queue = self._params.queue_directory
        maildrop.exit_on_signals(TEMPFAIL)
        if not owns(f"{queue}/maildrop"):
            command = [setgid_path("postdrop", self._conf), "-r"]
            try:
                return PostdropPipe(command, self._log, os.environ)
            except FatalError as error:
                raise self._fatal(str(error)) from error
        if access.refuses_sender(self._conf, self._uid, sender, self._log):
            raise self._fatal(f"not authorized to use sender='{sender}'")
        maildrop.enter_queue(queue)
        return maildrop.Maildrop(self._params, self._log)

    def _copy_message(self, target: Target) -> None:
        options, params = self._options, self._params
        scan: HeaderScan | None = None
        if options.extract:
            from pymail.commands.sendmail_header import HeaderScan  # here: it needs the address parser

            scan = HeaderScan(params.line_length_limit, params.header_size_limit)
        encoder = ContentEncoder(
            params.line_length_limit,
            dot_ends=options.dot_ends,
            line_endings=self._line_endings(),
            header=scan,
        )
        try:
            while not encoder.ended and not target.failed:
                octets = os.read(0, maildrop.READ_SIZE)
                target.write(encoder.receive(octets) if octets else encoder.finish())
        except OSError as error:
            raise self._fatal(f"error reading input: {error.strerror}") from error
        target.write(encode(RecordType.EXTRACTED))
        if scan is not None:
            if not scan.recipients and not options.arguments and not target.failed:
                raise self._fatal("No recipient addresses found in message header")
            target.write(self._recipient_records(scan.recipients))

    def _line_endings(self) -> str:
        value = self._params.sendmail_fix_line_endings
        if value not in ("always", "strict", "never"):
            raise FatalError(f"invalid sendmail_fix_line_endings value: {value}")
        return value

    def _finish(self, target: Target) -> None:
        if self._options.trace & TRACE_VERIFY:
            target.write(encode(RecordType.EXTRACTED))
        target.write(encode(RecordType.END))
        status = target.finish()
        if status:
            from pymail.ipc.cleanup import reply_for  # here: it is needed for bad news only

            reason = target.reason if isinstance(target, PostdropPipe) else ""
            raise self._fatal(reason or reply_for(status).text)


def _account(uid: int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        return None


def _probe(sender: str, recipients: list[str]) -> bytes:
    """Return the content of a message that only verifies addresses."""
    lines = [encode_text(RecordType.TEXT, f"From: {sender}"), encode(RecordType.TEXT, b"Subject: probe")]
    lines.append(encode(RecordType.LONG_TEXT, b"To:"))
    last = len(recipients) - 1
    for index, address in enumerate(recipients):
        lines.append(encode_text(RecordType.TEXT, f"\t{address}{',' if index < last else ''}"))
    return b"".join(lines)


def _directory(options: SendmailOptions) -> str:
    given = options.configuration
    if not given:
        return config_directory(None, os.environ)
    directory = given if os.path.isdir(given) or not given.endswith("main.cf") else os.path.dirname(given)
    os.environ["MAIL_CONFIG"] = directory
    return directory


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its status."""
    log = stderr_log("sendmail")
    warnings: list[str] = []
    try:
        words = sys.argv if argv is None else argv
        options = OptionReader(warnings.append).read(os.path.basename(words[0]), words[1:])
        conf = MainCf.load(_directory(options))
        log = open_log(conf, "sendmail", options.verbose)
        for warning in warnings:
            log.warning("%s", warning)
        if options.mode == "nothing":
            return 0
        status = Sendmail(options, conf, log).run()
        sys.stdout.flush()
        return status
    except OptionError as error:
        log.info(str(error))
        log.fatal_line(USAGE)
    except Exception as error:
        if not isinstance(error, (FatalError, ConfigError)):
            log.warning("%s", type(error).__name__)
        log.fatal_line("%s", error)
    finally:
        log.flush()
    return TEMPFAIL
