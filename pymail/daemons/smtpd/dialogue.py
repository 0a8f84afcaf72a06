"""The state of one SMTP session, apart from its socket and its clock: who talks, what was said, which message is open.

The commands are functions over it, in `session_commands.py` and `mail_commands.py`; `dispatch.py` finds them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from pymail.daemons.smtpd.access.facts import Facts
from pymail.daemons.smtpd.message import Message, Route
from pymail.daemons.smtpd.shared import Settings, Shared
from pymail.log.events import smtpd as events
from pymail.proto.smtp.command import CommandError
from pymail.proto.smtp.extensions import Extension
from pymail.proto.smtp.reply import Reply
from pymail.proto.smtp.server import ServerMachine
from pymail.tables.base import TableError
from pymail.util.text import printable

#: Octets of peer data that a warning shows.
EXCERPT: Final = 200

Arguments = TypeVar("Arguments")


class Dialogue:
    """One session."""

    __slots__ = (
        "chunk_size",
        "chunked_size",
        "closing",
        "denial",
        "discarded",
        "facts",
        "machine",
        "message",
        "overshoot",
        "route",
        "settings",
        "shared",
        "was_forgiven",
    )

    def __init__(self, shared: Shared, settings: Settings, facts: Facts, machine: ServerMachine, route: Route) -> None:
        self.shared = shared
        self.settings = settings
        self.facts = facts
        self.machine = machine
        self.route = route
        self.message: Message | None = None
        #: The session ends after the current answer.
        self.closing = False
        #: The last negative answer is no error of the client.
        self.was_forgiven = False
        #: Octets of the chunks of the message; -1: it does not come in chunks.
        self.chunked_size = -1
        #: Octets of the current chunk.
        self.chunk_size = 0
        #: Recipients beyond the limit.
        self.overshoot = 0
        #: EHLO keywords that this client does not see.
        self.discarded: frozenset[Extension] = settings.discarded
        #: The answer to every command of a client that was refused when it connected.
        self.denial: Reply | None = None

    async def greet(self) -> Reply:
        """Return the greeting, or the refusal of this client."""
        await self._find_discarded()
        if self.shared.access is not None:
            refusal = await self.shared.access.at_connect(self.facts)
            if refusal is not None:
                denial = Reply(503, (f"5.7.0 Error: access denied for {self.facts.client.label}",))
                self.denial = refusal if refusal.code % 100 == 21 else denial
                return refusal
        return self.settings.greeting

    async def _find_discarded(self) -> None:
        """Look up smtpd_discard_ehlo_keyword_address_maps, which stands before the general parameter."""
        maps = self.shared.discard_maps
        if maps.is_empty:
            return
        try:
            keywords = await maps.find(self.facts.client.address)
        except TableError:
            return
        if keywords is not None:
            self.discarded = self.settings.keywords_of(keywords)

    def forget_message(self) -> None:
        """End the transaction; a message that was not finished is forgotten."""
        if self.message is not None:
            self.message.cancel()
            self.message = None
        self.chunked_size = -1
        self.overshoot = 0
        self.facts.forget_transaction()

    def parse(self, parser: Callable[[], Arguments], command: str) -> Arguments | Reply:
        """Return what *parser* reads, or the answer to the fault."""
        try:
            return parser()
        except CommandError as error:
            if error.address:
                self.warn_illegal(command, error.address)
            if error.warning:
                self.shared.log.warning("%s", printable(error.warning)[:EXCERPT])
            return error.reply

    def warn_illegal(self, command: str, text: str) -> None:
        """Log an argument that is no address."""
        line = events.illegal_address(self.facts.client.label, command, printable(text)[:EXCERPT])
        self.shared.log.warning("%s", line)

    def log_reject(self, text: str, recipient: str | None = None) -> None:
        """Log a refusal that no access list has spoken."""
        facts = self.facts
        origin = events.Origin(
            facts.queue_id, facts.where, facts.client.label, facts.sender, recipient, facts.protocol, facts.helo
        )
        self.shared.log.info(events.access("reject", origin, text))

    def local_error(self, error: Exception) -> Reply:
        """Log that a service is away; return the answer, which ends the session."""
        self.shared.log.warning("%s", error)
        facts, hostname = self.facts, self.settings.params.myhostname
        self.shared.log.info(events.local_error(facts.queue_id, facts.where, facts.client.label, hostname))
        return Reply(421, (f"4.3.0 {hostname} Server local data error",))
