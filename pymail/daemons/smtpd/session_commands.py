"""The commands about the session itself: HELO, EHLO, RSET, NOOP, VRFY, ETRN, HELP, QUIT, and those that are to come."""

from __future__ import annotations

import re
from typing import Final

from pymail.daemons.smtpd.dialogue import Dialogue
from pymail.log.events import smtpd as events
from pymail.proto.smtp.command import BAD_RECIPIENT, Verb, parse_address
from pymail.proto.smtp.reply import Reply
from pymail.proto.smtp.server import Command
from pymail.util.text import printable

OK: Final = Reply(250, ("2.0.0 Ok",))
BYE: Final = Reply(221, ("2.0.0 Bye",))
NEED_HELO: Final = Reply(503, ("5.5.1 Error: send HELO/EHLO first",))
ETRN_NEED_HELO: Final = Reply(503, ("Error: send HELO/EHLO first",))
NOT_IMPLEMENTED: Final = Reply(502, ("5.5.1 Error: command not implemented",))

#: What a HELO argument may not hold: it goes into headers and logs. Postfix: NEUTER_CHARACTERS
_NEUTERED: Final = re.compile(r'[ <>()\\";@\x00-\x1f\x7f]')
#: Octets of a HELO argument that are kept. Postfix: HELO names of 1024 and more are cut.
_HELO_LIMIT: Final = 1000
#: Answers of flush(8).
_FLUSHED: Final = 0
_NOT_ELIGIBLE: Final = 4


async def helo(dialogue: Dialogue, command: Command) -> Reply:
    """HELO"""
    return await _hello(dialogue, command, "SMTP", dialogue.settings.welcome)


async def ehlo(dialogue: Dialogue, command: Command) -> Reply:
    """EHLO"""
    discarded = dialogue.discarded
    if discarded and not dialogue.settings.is_silent:
        words = " ".join(extension.value for extension in discarded)
        dialogue.shared.log.info(events.discarded_keywords(words))
    return await _hello(dialogue, command, "ESMTP", dialogue.settings.offer(discarded))


async def _hello(dialogue: Dialogue, command: Command, protocol: str, welcome: Reply) -> Reply:
    if not command.argument:
        return Reply(501, (f"Syntax: {command.verb.name} hostname",))
    facts = dialogue.facts
    facts.helo = _NEUTERED.sub("?", printable(command.argument.split(None, 1)[0][:_HELO_LIMIT]))
    if dialogue.shared.access is not None:
        refusal = await dialogue.shared.access.at_helo(facts)
        if refusal is not None:
            return refusal
    dialogue.forget_message()
    facts.protocol = protocol
    dialogue.machine.is_esmtp = protocol == "ESMTP"
    return welcome


def rset(dialogue: Dialogue, command: Command) -> Reply:
    """RSET"""
    if command.argument:
        return Reply(501, ("5.5.4 Syntax: RSET",))
    dialogue.forget_message()
    return OK


def noop(dialogue: Dialogue, _command: Command) -> Reply:
    """NOOP"""
    return OK


async def vrfy(dialogue: Dialogue, command: Command) -> Reply:
    """VRFY"""
    params, facts = dialogue.settings.params, dialogue.facts
    if params.disable_vrfy_command:
        return Reply(502, ("5.5.1 VRFY command is disabled",))
    text = command.argument
    words = text.split()
    if len(words) > 1 and words[-1].upper() == "SMTPUTF8" and params.smtputf8_enable:
        text = text[: text.upper().rindex("SMTPUTF8")].rstrip()
    if not text:
        return Reply(501, (f"5.5.4 Syntax: VRFY address{' [SMTPUTF8]' if params.smtputf8_enable else ''}",))
    address = dialogue.parse(lambda: parse_address(text, strict=params.strict_rfc821_envelopes), "VRFY")
    if isinstance(address, Reply):
        return address
    if not dialogue.shared.has_valid_domain(address):
        dialogue.warn_illegal("VRFY", text)
        return BAD_RECIPIENT
    facts.recipient = address
    try:
        refusal = await dialogue.shared.access.at_rcpt(facts) if dialogue.shared.access is not None else None
    finally:
        facts.recipient = None
    return refusal or Reply(252, (f"2.0.0 {text}",))


async def etrn(dialogue: Dialogue, command: Command) -> Reply:
    """ETRN"""
    facts, log = dialogue.facts, dialogue.shared.log
    if dialogue.settings.params.smtpd_helo_required and facts.helo is None:
        return ETRN_NEED_HELO
    if command.refusal is not None:
        return command.refusal
    words = command.argument.split()
    if len(words) != 1:
        return Reply(500, ("Syntax: ETRN domain",))
    domain = words[0][1:] if words[0][0] in "@#" else words[0]
    if not dialogue.shared.has_valid_domain(f"x@{domain}"):
        return Reply(501, ("Error: invalid parameter syntax",))
    if dialogue.shared.access is not None:
        refusal = await dialogue.shared.access.at_etrn(facts, domain)
        if refusal is not None:
            return refusal
    status = await dialogue.shared.flush_site(domain)
    if status == _FLUSHED:
        return Reply(250, ("Queuing started",))
    if status == _NOT_ELIGIBLE:
        log.warning("reject: ETRN %s... from %s", printable(domain)[:100], facts.client.label)
        return Reply(459, (f"<{domain}>: service unavailable",))
    log.warning("unable to talk to fast flush service")
    return Reply(458, ("Unable to queue messages",))


def show_help(dialogue: Dialogue, _command: Command) -> Reply:
    """HELP"""
    names = " ".join(sorted(verb.name for verb in Verb if verb is not Verb.UNKNOWN))
    return Reply(214, (f"2.0.0 Commands: {names}",))


def end_session(dialogue: Dialogue, _command: Command) -> Reply:
    """QUIT"""
    dialogue.closing = True
    return BYE


def starttls(dialogue: Dialogue, command: Command) -> Reply:
    """STARTTLS, as where TLS is off"""
    return Reply(501, ("5.5.4 Syntax: STARTTLS",)) if command.argument else NOT_IMPLEMENTED


def auth(dialogue: Dialogue, command: Command) -> Reply:
    """AUTH, as where it is off"""
    params = dialogue.settings.params
    if params.smtpd_helo_required and dialogue.facts.helo is None:
        return NEED_HELO
    return Reply(503, ("5.5.1 Error: authentication not enabled",))


def xclient(dialogue: Dialogue, command: Command) -> Reply:
    """XCLIENT and XFORWARD, as from a client without the right"""
    if not command.argument:
        return Reply(501, (f"5.5.4 Syntax: {command.verb.name} attribute=value...",))
    return Reply(550, ("5.7.0 Error: insufficient authorization",))
