"""From the connection to the ready session: greeting, EHLO or HELO, and the server that turns out to be ourselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pymail.client import reasons
from pymail.client.session import SmtpSession
from pymail.daemons.smtp.settings import SMTP_PORT, Settings
from pymail.log.events import smtp as events
from pymail.mail.dsn import Dsn
from pymail.proto.smtp.client import Replied, Verb


class RefusedError(Exception):
    """The server does not want to talk to us; `dsn` tells how, its class whether another attempt may help."""

    def __init__(self, dsn: Dsn) -> None:
        super().__init__(dsn.reason)
        self.dsn = dsn


async def greet(session: SmtpSession, settings: Settings, domain: str, warn: Callable[[str], None]) -> None:
    """Bring a new session to the point where it takes mail; raises TalkError, RefusedError.

    *domain* is the destination, for the report of a loop.
    """
    params = settings.params
    greeting = (await session.reply(settings.timeouts[Verb.CONNECT])).reply
    if greeting.code // 100 != 2:
        dsn = reasons.refused_to_talk(session.peer, greeting)
        raise RefusedError(reasons.as_transient(dsn) if params.smtp_skip_5xx_greeting else dsn)
    words = greeting.lines[0].split() if greeting.lines else []
    detect_loop = session.peer.port == SMTP_PORT and not settings.lmtp
    if detect_loop and words and words[0].lower() == params.myhostname.lower():
        warn(events.greeted_with_own_name(session.peer.label_port, params.myhostname))
    machine = session.machine
    if not settings.lmtp:
        esmtp = any(word.upper() == "ESMTP" for line in greeting.lines for word in line.split())
        use_ehlo = not params.smtp_never_send_ehlo and (params.smtp_always_send_ehlo or esmtp)
        if not use_ehlo:
            machine.options = replace(machine.options, use_ehlo=False)
    machine.hello()
    event = await _hello_reply(session, settings)
    if event.reply.code // 100 != 2:
        raise RefusedError(reasons.refused_to_talk(session.peer, event.reply))
    if detect_loop and machine.offer.server_name.lower() == params.myhostname.lower():
        warn(events.answered_with_own_name(session.peer.label_port, params.myhostname))
        raise RefusedError(reasons.loops_back(domain))


async def _hello_reply(session: SmtpSession, settings: Settings) -> Replied:
    """Return the reply that counts: that of HELO, when the server does not know EHLO."""
    while True:
        event = await session.reply(settings.timeouts[Verb.EHLO])
        if session.machine.is_settled:
            return event
