"""The commands of a mail transaction: MAIL, RCPT, DATA, BDAT, and the end of the content."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from pymail.daemons.smtpd.access.facts import Facts
from pymail.daemons.smtpd.dialogue import Dialogue
from pymail.daemons.smtpd.message import Message, final_reply
from pymail.daemons.smtpd.session_commands import NEED_HELO
from pymail.ipc.cleanup import CleanupStatus
from pymail.ipc.errors import ServiceError
from pymail.log.events import smtpd as events
from pymail.proto.smtp.command import BAD_RECIPIENT, BAD_SENDER, MailArguments, parse_mail, parse_rcpt
from pymail.proto.smtp.extensions import Extension
from pymail.proto.smtp.reply import Reply
from pymail.proto.smtp.server import Command, ContentEnd
from pymail.util.text import printable

MAIL_OK: Final = Reply(250, ("2.1.0 Ok",))
RCPT_OK: Final = Reply(250, ("2.1.5 Ok",))
START_CONTENT: Final = Reply(354, ("End data with <CR><LF>.<CR><LF>",))
TOO_MANY_RECIPIENTS: Final = Reply(452, ("4.5.3 Error: too many recipients",))
TOO_LARGE: Final = Reply(552, ("5.3.4 Message size exceeds fixed limit",))
NO_SPACE: Final = Reply(452, ("4.3.1 Insufficient system storage",))
NULL_BDAT: Final = Reply(551, ("5.7.1 Null BDAT request",))
CHUNK_TOO_LARGE: Final = Reply(552, ("5.3.4 Chunk exceeds message size limit",))
NEED_SMTPUTF8: Final = Reply(553, ("5.6.7 Must declare SMTPUTF8 to send unicode address",))
NO_SMTPUTF8: Final = Reply(555, ("5.5.4 Unsupported option: SMTPUTF8",))
NO_DSN: Final = Reply(501, ("5.7.1 DSN support is disabled",))

#: The free space must be this many times the size limit. Postfix: smtpd_check_queue
_FREE_FACTOR: Final = 1.5


async def mail(dialogue: Dialogue, command: Command) -> Reply:
    """MAIL"""
    params, facts = dialogue.settings.params, dialogue.facts
    if params.smtpd_helo_required and facts.helo is None:
        return NEED_HELO
    if command.refusal is not None:
        return command.refusal
    arguments = dialogue.parse(lambda: parse_mail(command.argument, strict=params.strict_rfc821_envelopes), "MAIL")
    if isinstance(arguments, Reply):
        return arguments
    problem = _mail_problem(dialogue, arguments)
    if problem is not None:
        return problem
    facts.sender = arguments.address
    problem = _size_problem(dialogue, arguments.size)
    if problem is None and dialogue.shared.access is not None:
        problem = await dialogue.shared.access.at_mail(facts)
    if problem is None:
        dialogue.message = Message(params, facts, arguments, dialogue.shared.clock())
        if not params.smtpd_delay_open_until_valid_rcpt:
            problem = await _open(dialogue)
    if problem is not None:
        dialogue.forget_message()
        return problem
    return MAIL_OK


def _mail_problem(dialogue: Dialogue, arguments: MailArguments) -> Reply | None:
    """Return what is wrong with MAIL beyond its syntax."""
    params = dialogue.settings.params
    if arguments.address and not dialogue.shared.has_valid_domain(arguments.address):
        dialogue.warn_illegal("MAIL", arguments.text)
        return BAD_SENDER
    if arguments.smtputf8 and (not params.smtputf8_enable or Extension.SMTPUTF8 in dialogue.discarded):
        return NO_SMTPUTF8
    if (arguments.envelope_id or arguments.ret) and Extension.DSN in dialogue.discarded:
        return NO_DSN
    if not arguments.smtputf8 and params.strict_smtputf8 and not arguments.address.isascii():
        return NEED_SMTPUTF8
    return None


def _size_problem(dialogue: Dialogue, size: int) -> Reply | None:
    """Refuse a message that says it is too large, or for which there is no room. Logged as rejects are."""
    params = dialogue.settings.params
    limit = params.message_size_limit
    problem = None
    if 0 < limit < size:
        problem = TOO_LARGE
    else:
        minimum = max(params.queue_minfree, int(limit * _FREE_FACTOR)) + size
        if dialogue.shared.free_space() < minimum:
            dialogue.shared.log.warning("not enough free space in mail queue: < %d octets", minimum)
            problem = NO_SPACE
    if problem is not None:
        dialogue.log_reject(problem.text)
    return problem


async def _open(dialogue: Dialogue) -> Reply | None:
    """Open the queue file. Returns the answer when that fails."""
    message, facts = dialogue.message, dialogue.facts
    assert message is not None
    try:
        await message.open(dialogue.shared.open_cleanup, dialogue.route)
    except ServiceError as error:
        return dialogue.local_error(error)
    facts.queue_id = message.queue_id
    dialogue.shared.log.info(events.accepted_for_queue(facts.queue_id, facts.client.label))
    return None


async def rcpt(dialogue: Dialogue, command: Command) -> Reply:
    """RCPT"""
    if command.refusal is not None:
        return command.refusal
    params, facts, message = dialogue.settings.params, dialogue.facts, dialogue.message
    assert message is not None
    arguments = dialogue.parse(lambda: parse_rcpt(command.argument, strict=params.strict_rfc821_envelopes), "RCPT")
    if isinstance(arguments, Reply):
        return arguments
    address = arguments.address
    if not dialogue.shared.has_valid_domain(address):
        dialogue.warn_illegal("RCPT", arguments.text)
        return BAD_RECIPIENT
    if (arguments.notify or arguments.orcpt) and Extension.DSN in dialogue.discarded:
        return NO_DSN
    if params.strict_smtputf8 and not address.isascii() and not message.arguments.smtputf8:
        return NEED_SMTPUTF8
    if facts.recipient_count >= params.smtpd_recipient_limit:
        dialogue.overshoot += 1
        dialogue.was_forgiven = dialogue.overshoot <= params.smtpd_recipient_overshoot_limit
        return TOO_MANY_RECIPIENTS
    facts.recipient = address
    try:
        problem = await dialogue.shared.access.at_rcpt(facts) if dialogue.shared.access is not None else None
        if problem is None and message.cleanup is None:
            problem = await _open(dialogue)
        if problem is not None:
            return problem
        message.add_recipient(arguments)
    except ServiceError as error:
        return dialogue.local_error(error)
    finally:
        facts.recipient = None
    facts.recipient_count += 1
    return RCPT_OK


async def data(dialogue: Dialogue, command: Command) -> Reply:
    """DATA"""
    if command.refusal is not None:
        return command.refusal
    if command.argument:
        return Reply(501, ("5.5.4 Syntax: DATA",))
    problem = await _start_content(dialogue)
    return problem or START_CONTENT


async def _start_content(dialogue: Dialogue) -> Reply | None:
    """Ask whether content may come, and send what stands before it."""
    message, access = dialogue.message, dialogue.shared.access
    assert message is not None
    try:
        if access is not None:
            problem = await _with_only_recipient(dialogue, access.at_data)
            if problem is not None:
                return problem
        # First our lines: those of cleanup follow "client=".
        dialogue.shared.log.flush()
        message.start_content(dialogue.shared.dates.format(int(message.arrival)))
    except ServiceError as error:
        return dialogue.local_error(error)
    return None


async def _with_only_recipient(dialogue: Dialogue, judge: Callable[[Facts], Awaitable[Reply | None]]) -> Reply | None:
    """Judge when all recipients are known; a single one is what recipient restrictions look at."""
    facts = dialogue.facts
    assert dialogue.message is not None
    if facts.recipient_count == 1:
        facts.recipient = dialogue.message.only_recipient
    try:
        return await judge(facts)
    finally:
        facts.recipient = None


async def bdat(dialogue: Dialogue, command: Command) -> Reply | None:
    """BDAT; None: the chunk is accepted, its answer comes behind it."""
    label = dialogue.facts.client.label
    if command.bdat is None:
        line = printable(command.line)[:100]
        text = f"{dialogue.facts.queue_id}: malformed BDAT command syntax from {label}: {line}"
        dialogue.shared.log.warning("%s", text)
        dialogue.closing = True
        return command.refusal
    if not command.bdat.size and not command.bdat.last:
        dialogue.shared.log.warning("%s: null BDAT request from %s", dialogue.facts.queue_id, label)
        return _spoil(dialogue, NULL_BDAT)
    if command.refusal is not None:
        return _spoil(dialogue, command.refusal)
    message = dialogue.message
    assert message is not None
    limit = dialogue.settings.params.message_size_limit
    before = max(dialogue.chunked_size, 0)
    if 0 < limit < before + command.bdat.size:
        text = f"{dialogue.facts.queue_id}: BDAT request from {label} exceeds message size limit"
        dialogue.shared.log.warning("%s", text)
        return _spoil(dialogue, CHUNK_TOO_LARGE)
    if dialogue.chunked_size < 0:
        problem = await _start_content(dialogue)
        if problem is not None:
            return _spoil(dialogue, problem)
    dialogue.chunked_size = before + command.bdat.size
    dialogue.chunk_size = command.bdat.size
    dialogue.machine.accept_chunk()
    return None


def _spoil(dialogue: Dialogue, reply: Reply) -> Reply:
    """Forget the message of which a chunk is refused: what is left of it makes no message."""
    dialogue.forget_message()
    return reply


async def content_end(dialogue: Dialogue, event: ContentEnd) -> Reply:
    """Answer the end of the content, or of a chunk."""
    message, facts = dialogue.message, dialogue.facts
    assert message is not None
    if not event.last:
        return Reply(250, (f"2.0.0 Ok: {dialogue.chunk_size} bytes",))
    facts.where = "END-OF-MESSAGE"
    queue_id, chunked = message.queue_id, message.size if dialogue.chunked_size >= 0 else -1
    try:
        if message.status & CleanupStatus.SIZE:
            dialogue.shared.log.warning("%s", events.size_exceeded(queue_id))
        elif event.bare_linefeed and dialogue.machine.rejects_bare_linefeed:
            message.note_bare_linefeed()
            _log_bare_linefeed(dialogue)
        elif dialogue.shared.access is not None and message.failure is None:
            problem = await _with_only_recipient(dialogue, dialogue.shared.access.at_end_of_data)
            if problem is not None:
                return problem
        result = await message.finish()
        if message.failure is not None:
            dialogue.shared.log.warning("%s: cleanup service: %s", queue_id, message.failure)
        return final_reply(result, queue_id, dialogue.settings.params, chunked)
    finally:
        dialogue.forget_message()


def _log_bare_linefeed(dialogue: Dialogue) -> None:
    is_one = dialogue.message is not None and dialogue.facts.recipient_count == 1
    dialogue.log_reject("bare <LF> received", dialogue.message.only_recipient if is_one and dialogue.message else None)


def refuse_bare_linefeed(dialogue: Dialogue) -> Reply:
    """Refuse a command line with a bare LF, and close."""
    _log_bare_linefeed(dialogue)
    dialogue.closing = True
    params = dialogue.settings.params
    code = params.smtpd_forbid_bare_newline_reject_code
    return Reply(code, (f"5.5.2 {params.myhostname} Error: bare <LF> received",))
