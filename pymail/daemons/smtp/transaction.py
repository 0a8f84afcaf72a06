"""One message on one session: MAIL, RCPT, DATA, content, and what the server says to each.

All commands go out in one write when the server allows it, the content with its end and QUIT in another. The verdicts
go to a `Verdicts` as they come; what is left undecided when the conversation breaks is the caller's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from pymail.client import reasons
from pymail.client.session import SmtpSession, TalkError
from pymail.daemons.smtp.envelope import make_transaction, needs_smtputf8
from pymail.daemons.smtp.settings import Settings
from pymail.ipc.delivery import DeliveryRequest
from pymail.mail.dsn import Dsn
from pymail.mail.envelope import Recipient
from pymail.proto.smtp.client import Command, Phase, Verb
from pymail.proto.smtp.extensions import Extension
from pymail.proto.smtp.reply import Reply

CLOSING: Final = 421  # RFC 5321 §3.8: the server closes the connection
BUFFER: Final = 64 * 1024  # octets of content that are collected for one write
TURN: Final = 1024 * 1024  # octets of content after which other deliveries get their turn


class StaleError(Exception):
    """A connection that was used before is of no use any more: try without it. Nothing was decided."""


class Verdicts(Protocol):
    """Who hears what became of the recipients. Numbers are those of the caller."""

    async def accepted(self, number: int, reply: Reply) -> None:
        """The server has taken the message for this recipient."""

    async def refused(self, number: int, dsn: Dsn) -> None:
        """The server has refused this recipient."""

    async def message_refused(self, dsn: Dsn) -> None:
        """The server has refused the message for all that are left."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be sent: *recipients* with the caller's numbers, and how to read the content (again)."""

    request: DeliveryRequest
    recipients: Sequence[tuple[int, Recipient]]
    content: Callable[[], Iterable[bytes]]
    probe: bool = False  # address verification: no content is sent


class Transaction:
    """Runs one message over one session."""

    __slots__ = ("_accepted", "_closing", "_message", "_session", "_settings", "_verdicts")

    def __init__(self, session: SmtpSession, settings: Settings, verdicts: Verdicts) -> None:
        self._session = session
        self._settings = settings
        self._verdicts = verdicts
        self._accepted: list[tuple[int, Reply]] = []
        self._closing = False

    async def run(self, message: Message, *, keep: bool) -> bool:
        """Send *message*; return whether the session can take another.

        Without *keep*, QUIT is sent behind the message. Raises StaleError, TalkError, and the OSError and
        CorruptFileError of the content (the session is then useless).
        """
        session, machine = self._session, self._session.machine
        reused = session.use_count > 0
        session.use_count += 1
        problem = self._unfit(message.request)
        if problem is not None:
            await self._verdicts.message_refused(problem)
            return True
        if reused:
            machine.reset()
        recipients = [recipient for _, recipient in message.recipients]
        quoted = self._settings.params.smtp_quote_rfc821_envelope
        envelope = make_transaction(message.request, recipients, machine.offer, quoted=quoted)
        if message.probe and self._settings.params.smtp_address_verify_target != "data":
            machine.accepted = []
            machine.send(Command(Verb.MAIL, " ".join((f"FROM:<{envelope.sender}>", *envelope.mail_parameters))))
            for place, address in enumerate(envelope.recipients):
                words = (f"TO:<{address}>", *(envelope.rcpt_parameters[place] if envelope.rcpt_parameters else ()))
                machine.send(Command(Verb.RCPT, " ".join(words), place))
        else:
            machine.transaction(envelope)
        if reused:
            await self._probe()
        data = await self._commands(message)
        if data is None:
            if message.probe:
                await self._finish_probe()
        elif message.probe:
            await self._finish_probe()
            return False  # the server waits for content that never comes
        else:
            await self._content(message, keep=keep)
        return machine.is_settled and machine.phase is not Phase.CLOSING and not self._closing

    def _unfit(self, request: DeliveryRequest) -> Dsn | None:
        """Tell why this message cannot go to this server at all."""
        offer, peer = self._session.machine.offer, self._session.peer
        if 0 < offer.size_limit < request.size:
            return reasons.too_large(peer, request.size, offer.size_limit)
        params = self._settings.params
        if Extension.SMTPUTF8 not in offer and params.smtputf8_enable and needs_smtputf8(request):
            return reasons.needs_smtputf8(peer)
        return None

    async def _probe(self) -> None:
        """Take the reply to RSET: a server that has gone away shows here."""
        try:
            event = await self._session.reply(self._settings.timeouts[Verb.RSET])
        except TalkError as error:
            raise StaleError from error
        if event.reply.code // 100 != 2:
            raise StaleError

    async def _commands(self, message: Message) -> Reply | None:
        """Take the replies up to that of DATA; return it when content is due for somebody."""
        session, machine, timeouts = self._session, self._session.machine, self._settings.timeouts
        mail_refused: Dsn | None = None
        while (command := machine.expected) is not None:
            reply = (await session.reply(timeouts[command.verb])).reply
            if reply.code == CLOSING:
                self._closing = True
            verb = command.verb
            if verb is Verb.MAIL:
                if reply.code // 100 != 2:
                    mail_refused = reasons.refused(session.peer, reply, verb)
                    await self._verdicts.message_refused(mail_refused)
            elif mail_refused is not None:
                pass  # these replies only repeat it
            elif verb is Verb.RCPT:
                number = message.recipients[command.recipient][0]
                if reply.code // 100 == 2:
                    self._accepted.append((number, reply))
                else:
                    await self._verdicts.refused(number, reasons.refused(session.peer, reply, verb))
            elif verb is Verb.DATA and machine.phase is not Phase.CONTENT and self._accepted:
                self._accepted.clear()
                await self._verdicts.message_refused(reasons.refused(session.peer, reply, verb))
            if machine.phase is Phase.CONTENT:
                if mail_refused is None and self._accepted:
                    return reply
                await self._empty_message()
                return None
        return None

    async def _empty_message(self) -> None:
        """DATA went out ahead and was granted, though nobody is accepted: end it at once. RFC 2920 §3.1."""
        machine = self._session.machine
        machine.end_of_data()
        while not machine.is_settled:
            await self._session.reply(self._settings.timeouts[Verb.END_OF_DATA])

    async def _finish_probe(self) -> None:
        """The addresses that the server took are deliverable; their own reply is the text."""
        for number, reply in self._accepted:
            await self._verdicts.accepted(number, reply)

    async def _content(self, message: Message, *, keep: bool) -> None:
        """Send content, end and maybe QUIT; take the last replies."""
        session, machine = self._session, self._session.machine
        patience = float(self._settings.params.smtp_data_xfer_timeout)
        parts: list[bytes] = []
        size = sent = 0
        for block in message.content():
            part = machine.content(block)
            parts.append(part)
            size += len(part)
            if size >= BUFFER:
                session.write(b"".join(parts))
                parts.clear()
                sent += size
                size = 0
                await session.drain(patience)
                if sent >= TURN:
                    sent = 0
                    await asyncio.sleep(0)
        machine.end_of_data()
        if not keep and machine.can_pipeline:
            machine.quit()
        parts.append(machine.take_output())
        session.write(b"".join(parts))
        await self._last_replies(message)

    async def _last_replies(self, message: Message) -> None:
        """Take the reply to the end of data: one for all, or in LMTP one for each. RFC 2033 §4.2."""
        session, machine = self._session, self._session.machine
        timeout = self._settings.timeouts[Verb.END_OF_DATA]
        while (command := machine.expected) is not None and command.verb is Verb.END_OF_DATA:
            reply = (await session.reply(timeout)).reply
            if reply.code == CLOSING:
                self._closing = True
            positive = reply.code // 100 == 2
            if command.recipient >= 0:
                number = message.recipients[command.recipient][0]
                if positive:
                    await self._verdicts.accepted(number, reply)
                else:
                    await self._verdicts.refused(number, reasons.refused(session.peer, reply, Verb.END_OF_DATA))
            elif positive:
                for number, _ in self._accepted:
                    await self._verdicts.accepted(number, reply)
            else:
                await self._verdicts.message_refused(reasons.refused(session.peer, reply, Verb.END_OF_DATA))
