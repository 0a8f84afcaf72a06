"""SMTP commands as a server reads them: verbs, and the arguments of MAIL and RCPT.

Only syntax; each fault carries the reply that Postfix gives. What an address is, `pymail.mail.address` knows.
RFC 5321 §4.1.1, RFC 1870, RFC 3461, RFC 6152, RFC 6531.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from pymail.mail.address import AddressSyntaxError, parse_path
from pymail.mail.dsn import NOTIFY_NAMES, parse_envid, parse_notify, parse_orcpt, parse_ret
from pymail.mail.xtext import DsnError
from pymail.proto.smtp.reply import Reply


class Verb(enum.Enum):
    """The commands, in the order in which smtpd counts them when a client disconnects."""

    # Members are keys on a hot path; Enum's own hash is a Python function.
    __hash__ = object.__hash__

    def __init__(self, word: str) -> None:
        #: The command as it is logged.
        self.word = word.upper()
        #: Its name in the counts.
        self.counter = word

    HELO = "helo"
    EHLO = "ehlo"
    XCLIENT = "xclient"
    XFORWARD = "xforward"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BDAT = "bdat"
    RSET = "rset"
    NOOP = "noop"
    VRFY = "vrfy"
    ETRN = "etrn"
    QUIT = "quit"
    HELP = "help"
    UNKNOWN = "unknown"


VERBS: Final[dict[str, Verb]] = {verb.name: verb for verb in Verb if verb is not Verb.UNKNOWN}


class CommandError(Exception):
    """A command that cannot be understood; it carries its answer, and what the log should say.

    *address*: what is no address, if that is the fault. *warning*: a text of its own.
    """

    def __init__(self, reply: Reply, address: str = "", warning: str = "") -> None:
        super().__init__(reply.text)
        self.reply = reply
        self.address = address
        self.warning = warning


SYNTAX_MAIL: Final = Reply.of(501, "5.5.4 Syntax: MAIL FROM:<address>")
SYNTAX_RCPT: Final = Reply.of(501, "5.5.4 Syntax: RCPT TO:<address>")
BAD_SIZE: Final = Reply.of(501, "5.5.4 Bad message size syntax")
HUGE_SIZE: Final = Reply.of(552, "5.3.4 Message size exceeds file system imposed limit")
BAD_RET: Final = Reply.of(501, "5.5.4 Bad RET parameter syntax")
BAD_ENVID: Final = Reply.of(501, "5.5.4 Bad ENVID parameter syntax")
BAD_NOTIFY: Final = Reply.of(501, "5.5.4 Error: Bad NOTIFY parameter syntax")
BAD_ORCPT: Final = Reply.of(501, "5.5.4 Error: Bad ORCPT parameter syntax")
BAD_SENDER: Final = Reply.of(501, "5.1.7 Bad sender address syntax")
BAD_RECIPIENT: Final = Reply.of(501, "5.1.3 Bad recipient address syntax")
SYNTAX_BDAT: Final = Reply.of(521, "5.5.4 Syntax: BDAT count [LAST]")

#: An argument that needs no second look: an address in angle brackets, no parameters.
_COMMON: Final = re.compile(r"(FROM|TO):(<([\w.+=-]+@[\w-]+(?:\.[\w-]+)+)>)", re.ASCII | re.IGNORECASE)
#: The largest file of a 64-bit system (off_t).
_LARGEST: Final = 2**63 - 1
#: Digits of the size of a chunk.
_CHUNK_DIGITS: Final = 18
#: `FROM:` or `TO:`, then a path in angle brackets that may hold quoted strings, or a word; then the parameters.
_PATH: Final = re.compile(
    r"""\s*(?P<keyword>[A-Za-z]+:)\s*(?P<path>(?:<(?:"(?:\\.|[^"\\])*"|\\.|[^"\\>])*>|"(?:\\.|[^"\\])*"|\\.|[^"\\\s<])+|)"""
    r"""(?P<rest>.*)""",
    re.DOTALL,
)


class MailArguments(NamedTuple):
    """MAIL FROM; the address is internal, empty for the null sender."""

    address: str
    #: The address as it was written, with its angle brackets.
    text: str
    size: int = 0
    #: "7bit", "8bit" or empty.
    encoding: str = ""
    smtputf8: bool = False
    envelope_id: str = ""
    ret: int = 0


class RcptArguments(NamedTuple):
    """RCPT TO; the address is internal."""

    address: str
    #: The address as it was written, with its angle brackets.
    text: str
    notify: int = 0
    #: `type;address`, decoded.
    orcpt: str = ""


def split_command(line: str) -> tuple[str, str]:
    """Split a command line into its first word and the rest; both are empty for a blank line."""
    words = line.split(None, 1)
    if not words:
        return "", ""
    return words[0], words[1].rstrip() if len(words) > 1 else ""


def _split_path(argument: str, keyword: str, syntax: Reply, bad: Reply, strict: bool) -> tuple[str, str, list[str]]:
    """Return address, its text, and parameters of `FROM:<...> A=b`."""
    match = _PATH.match(argument)
    if match is None or match["keyword"].upper() != keyword:
        raise CommandError(syntax)
    path, rest = match["path"], match["rest"]
    if not path and not rest.strip():
        raise CommandError(syntax)
    if rest and not rest[0].isspace():
        # An open angle bracket, an open quote, or something after the closing one.
        raise CommandError(bad, (path + rest).strip() if path else "")
    try:
        parsed = parse_path(path, strict=strict)
    except AddressSyntaxError as error:
        raise CommandError(bad, path) from error
    if parsed.parameters:
        raise CommandError(bad, path)
    return parsed.address, path, rest.split()


def parse_address(argument: str, *, strict: bool = False) -> str:
    """Read the argument of VRFY, an address with or without angle brackets. Raises CommandError."""
    try:
        parsed = parse_path(argument, strict=strict)
    except AddressSyntaxError as error:
        raise CommandError(BAD_RECIPIENT, argument) from error
    if parsed.parameters or not parsed.address:
        raise CommandError(BAD_RECIPIENT, argument)
    return parsed.address


def parse_mail(argument: str, *, strict: bool = False) -> MailArguments:
    """Read what follows MAIL; *strict* as in strict_rfc821_envelopes. Raises CommandError."""
    common = _COMMON.fullmatch(argument)
    if common is not None and common[1].upper() == "FROM":
        return MailArguments(common[3], common[2])
    address, text, parameters = _split_path(argument, "FROM:", SYNTAX_MAIL, BAD_SENDER, strict)
    if not parameters:
        return MailArguments(address, text)
    size, encoding, smtputf8, envelope_id, ret = 0, "", False, "", 0
    for parameter in parameters:
        name, equals, value = parameter.partition("=")
        name = name.upper()
        if name == "SIZE" and equals:
            size = _size(value)
        elif name == "BODY" and value.upper() in ("8BITMIME", "7BIT"):
            encoding = "8bit" if value.upper() == "8BITMIME" else "7bit"
        elif name == "SMTPUTF8" and not equals:
            smtputf8 = True
        elif name == "RET" and equals:
            ret = _ret(value, ret)
        elif name == "ENVID" and equals:
            envelope_id = _envid(value, envelope_id)
        elif name == "AUTH" and equals:
            pass  # who authenticated elsewhere: Postfix takes it and, without SASL, uses it for nothing
        else:
            raise CommandError(Reply.of(555, f"5.5.4 Unsupported option: {parameter}"))
    return MailArguments(address, text, size, encoding, smtputf8, envelope_id, ret)


def parse_rcpt(argument: str, *, strict: bool = False) -> RcptArguments:
    """Read what follows RCPT; *strict* as in strict_rfc821_envelopes. Raises CommandError."""
    common = _COMMON.fullmatch(argument)
    if common is not None and common[1].upper() == "TO":
        return RcptArguments(common[3], common[2])
    address, text, parameters = _split_path(argument, "TO:", SYNTAX_RCPT, BAD_RECIPIENT, strict)
    if not address:
        raise CommandError(BAD_RECIPIENT, text)
    if not parameters:
        return RcptArguments(address, text)
    notify, orcpt = 0, ""
    for parameter in parameters:
        name, equals, value = parameter.partition("=")
        name = name.upper()
        if name == "NOTIFY" and equals:
            if notify:
                raise CommandError(BAD_NOTIFY)
            try:
                notify = parse_notify(value)
            except DsnError as error:
                raise CommandError(BAD_NOTIFY, warning=_unknown_notify(value)) from error
        elif name == "ORCPT" and equals:
            if orcpt:
                raise CommandError(BAD_ORCPT)
            try:
                orcpt = parse_orcpt(value)
            except DsnError as error:
                raise CommandError(BAD_ORCPT) from error
        else:
            raise CommandError(Reply.of(555, f"5.5.4 Unsupported option: {parameter}"))
    return RcptArguments(address, text, notify, orcpt)


def _unknown_notify(value: str) -> str:
    """Return a warning about the first word of a NOTIFY value that is none."""
    unknown = [word for word in value.split(",") if word.strip().upper() not in NOTIFY_NAMES]
    return f'unknown DSN NOTIFY command value "{unknown[0]}" in "{value}"' if unknown else ""


def _size(value: str) -> int:
    if not value.isascii() or not value.isdigit():
        raise CommandError(BAD_SIZE)
    # int() of a very long text is slow, and refused by Python from 4300 digits on.
    if len(value) > 19 and len(value.lstrip("0")) > 19:
        raise CommandError(HUGE_SIZE)
    size = int(value.lstrip("0") or "0")
    if size > _LARGEST:
        raise CommandError(HUGE_SIZE)
    return size


def _ret(value: str, known: int) -> int:
    if known:
        raise CommandError(BAD_RET)
    try:
        return parse_ret(value)
    except DsnError as error:
        raise CommandError(BAD_RET) from error


def _envid(value: str, known: str) -> str:
    if known:
        raise CommandError(BAD_ENVID)
    try:
        return parse_envid(value)
    except DsnError as error:
        raise CommandError(BAD_ENVID) from error


@dataclass(frozen=True, slots=True)
class BdatArguments:
    """BDAT: the number of octets that follow, and whether they are the last ones."""

    size: int
    last: bool


def parse_bdat(argument: str) -> BdatArguments:
    """Read what follows BDAT. Raises CommandError: after it, nobody knows where the next command starts."""
    words = argument.split()
    last = len(words) == 2 and words[1].upper() == "LAST"
    if (
        not words
        or not (words[0].isascii() and words[0].isdigit())
        or len(words[0]) > 18
        or (len(words) > 1 and not last)
    ):
        raise CommandError(SYNTAX_BDAT)
    return BdatArguments(int(words[0]), last)
