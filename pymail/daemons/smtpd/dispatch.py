"""From a command line to the function that answers it, and what is answered before any function is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

from pymail.daemons.smtpd import mail_commands, session_commands
from pymail.daemons.smtpd.dialogue import Dialogue
from pymail.daemons.smtpd.session_commands import OK
from pymail.log.events import smtpd as events
from pymail.proto.smtp.command import Verb
from pymail.proto.smtp.reply import Reply
from pymail.proto.smtp.server import Command
from pymail.util.text import printable

NOT_RECOGNIZED: Final = Reply(500, ("5.5.2 Error: command not recognized",))
BAD_SYNTAX: Final = Reply(500, ("5.5.2 Error: bad syntax",))
BAD_UTF8: Final = Reply(500, ("5.5.2 Error: bad UTF-8 syntax",))
BREAK_RULES: Final = Reply(221, ("2.7.0 Error: I can break rules, too. Goodbye.",))

_HEADER: Final = re.compile(r"[!-9;-~]+:")

#: A reply, or the coroutine that finds it; None: it comes later (BDAT).
Answer = Reply | Coroutine[Any, Any, Reply | None]  # Any: what a coroutine yields to its loop
Handler = Callable[[Dialogue, Command], Answer]

HANDLERS: Final[Mapping[Verb, Handler]] = {
    Verb.HELO: session_commands.helo,
    Verb.EHLO: session_commands.ehlo,
    Verb.XCLIENT: session_commands.xclient,
    Verb.XFORWARD: session_commands.xclient,
    Verb.STARTTLS: session_commands.starttls,
    Verb.AUTH: session_commands.auth,
    Verb.MAIL: mail_commands.mail,
    Verb.RCPT: mail_commands.rcpt,
    Verb.DATA: mail_commands.data,
    Verb.BDAT: mail_commands.bdat,
    Verb.RSET: session_commands.rset,
    Verb.NOOP: session_commands.noop,
    Verb.VRFY: session_commands.vrfy,
    Verb.ETRN: session_commands.etrn,
    Verb.QUIT: session_commands.end_session,
    Verb.HELP: session_commands.show_help,
}


def answer(dialogue: Dialogue, command: Command) -> Answer:
    """Return the answer to *command*."""
    facts, verb = dialogue.facts, command.verb
    dialogue.was_forgiven = False
    facts.is_ahead = dialogue.machine.has_waiting
    if not command.line.isascii() and dialogue.settings.params.smtputf8_enable and not _is_utf8(command.line):
        return BAD_UTF8
    if verb is Verb.UNKNOWN:
        return _unknown(dialogue, command)
    facts.where = verb.word
    if dialogue.denial is not None and verb is not Verb.QUIT:
        return dialogue.denial
    return HANDLERS[verb](dialogue, command)


async def _unknown(dialogue: Dialogue, command: Command) -> Reply:
    word = command.line.split(None, 1)[0] if command.line.strip() else ""
    if not word:
        return BAD_SYNTAX
    if await dialogue.shared.noop_commands.contains(word):
        return OK
    dialogue.facts.where = "UNKNOWN"
    if _HEADER.match(word) or await dialogue.shared.forbidden_commands.contains(word):
        line = printable(command.line)[:100]
        dialogue.shared.log.warning("%s", events.non_smtp_command(dialogue.facts.client.label, line))
        dialogue.closing = True
        return BREAK_RULES
    return dialogue.denial or NOT_RECOGNIZED


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
