"""When which restriction list is evaluated, and what its verdict means for the command.

With smtpd_delay_reject the lists of client, HELO and sender wait for RCPT TO (and ETRN). At RCPT TO the relay and
the recipient list must both not refuse; a permit ends only the list that says it. A pending defer_if_permit that is
left then becomes the answer, and the recipient must exist. Each method returns the refusal (`facts.HANGUP`: say nothing
and close), or None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pymail.daemons.smtpd.access.existence import check_existence
from pymail.daemons.smtpd.access.facts import Facts, Verdict
from pymail.daemons.smtpd.access.lists import Compiler, words_of
from pymail.daemons.smtpd.access.run import Items, Run, Surroundings, refuse
from pymail.daemons.smtpd.access.status import Role
from pymail.daemons.smtpd.params import SmtpdParams
from pymail.log.fatal import FatalError
from pymail.proto.smtp.reply import Reply

#: One of these must stand at RCPT TO, or anybody could relay. Postfix: smtpd_check_init.
RELAY_GUARDS: Final = (
    "reject_unauth_destination",
    "defer_unauth_destination",
    "reject",
    "defer",
    "defer_if_permit",
    "check_relay_domains",
)


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of one process."""

    client: Items
    helo: Items
    sender: Items
    relay: Items
    recipient: Items
    data: Items
    end_of_data: Items
    etrn: Items
    #: Restriction classes, as they are read in the list of each role.
    classes: Mapping[Role, Mapping[str, Items]]


def compile_lists(params: SmtpdParams, compiler: Compiler, classes: Mapping[str, str]) -> Lists:
    """Make the lists; *classes* has the text of each restriction class.

    Raises:
        FatalError: nothing at RCPT TO keeps anybody from relaying.
    """
    lists = Lists(
        client=compiler.compile(params.smtpd_client_restrictions, Role.CLIENT),
        helo=compiler.compile(params.smtpd_helo_restrictions, Role.HELO),
        sender=compiler.compile(params.smtpd_sender_restrictions, Role.SENDER),
        relay=compiler.compile(params.smtpd_relay_restrictions, Role.RECIPIENT),
        recipient=compiler.compile(params.smtpd_recipient_restrictions, Role.RECIPIENT),
        data=compiler.compile(params.smtpd_data_restrictions, Role.DATA),
        end_of_data=compiler.compile(params.smtpd_end_of_data_restrictions, Role.END_OF_DATA),
        etrn=compiler.compile(params.smtpd_etrn_restrictions, Role.ETRN),
        classes={role: {name: compiler.compile(text, role) for name, text in classes.items()} for role in Role},
    )
    _demand_relay_guard(lists)
    return lists


def _demand_relay_guard(lists: Lists) -> None:
    """Refuse to work as an open relay. What is only logged (warn_if_reject) keeps nobody out."""
    items = tuple(item for item in lists.relay + lists.recipient if not item.warns)
    if words_of(items, lists.classes[Role.RECIPIENT]).isdisjoint(RELAY_GUARDS):
        raise FatalError(
            "in parameter smtpd_relay_restrictions or smtpd_recipient_restrictions, specify at least one working "
            f"instance of: {', '.join(RELAY_GUARDS[:-1])} or {RELAY_GUARDS[-1]}"
        )


class Access:
    """The access decisions of one process."""

    __slots__ = ("_lists", "_shared", "delays")

    def __init__(self, shared: Surroundings, lists: Lists) -> None:
        self._shared = shared
        self._lists = lists
        #: smtpd_delay_reject
        self.delays = shared.params.smtpd_delay_reject

    async def _evaluate(self, facts: Facts, items: Items, role: Role, name: str) -> Verdict:
        run = Run(self._shared, facts, role, name, self._lists.classes[role])
        return await run.evaluate(items)

    # Stages.

    async def at_connect(self, facts: Facts) -> Reply | None:
        """Judge a client that has just connected."""
        return None if self.delays else await self._client(facts)

    async def at_helo(self, facts: Facts) -> Reply | None:
        """Judge HELO or EHLO."""
        return None if self.delays else await self._helo(facts)

    async def at_mail(self, facts: Facts) -> Reply | None:
        """Judge MAIL FROM."""
        return None if self.delays else await self._sender(facts)

    async def at_rcpt(self, facts: Facts) -> Reply | None:
        """Judge RCPT TO, or VRFY. The bare `postmaster` is always accepted (RFC 5321 §4.5.1)."""
        facts.refusal = None
        facts.recipient_tested = False
        if facts.recipient is None or facts.recipient.lower() == "postmaster":
            return None
        if self.delays and await self._is_refused_before(facts):
            return facts.refusal
        facts.defer_if_permit = facts.defer_if_permit_sender
        facts.defer_if_reject = None
        params = self._shared.params
        lists = (self._lists.relay, self._lists.recipient)
        for items in lists if params.smtpd_relay_before_recipient_restrictions else reversed(lists):
            if items and await self._evaluate(facts, items, Role.RECIPIENT, facts.recipient) is Verdict.REJECT:
                return facts.refusal
        if facts.defer_if_permit is not None:
            refuse(self._shared, facts, facts.defer_if_permit)
            return facts.refusal
        if params.smtpd_reject_unlisted_recipient and not facts.recipient_tested and not facts.actions.discard:
            await self._exists(facts, facts.recipient, Role.RECIPIENT)
        return facts.refusal

    async def at_data(self, facts: Facts) -> Reply | None:
        """Judge DATA, or the first BDAT."""
        return await self._late(facts, self._lists.data, Role.DATA, "DATA")

    async def at_end_of_data(self, facts: Facts) -> Reply | None:
        """Judge the message that was received."""
        return await self._late(facts, self._lists.end_of_data, Role.END_OF_DATA, "END-OF-MESSAGE")

    async def at_etrn(self, facts: Facts, domain: str) -> Reply | None:
        """Judge ETRN."""
        facts.refusal = None
        if self.delays and (await self._client(facts) or await self._helo(facts)):
            return facts.refusal
        facts.defer_if_permit = facts.defer_if_permit_helo
        facts.defer_if_reject = None
        if self._lists.etrn:
            await self._evaluate(facts, self._lists.etrn, Role.ETRN, domain)
        if facts.refusal is None and facts.defer_if_permit is not None:
            refuse(self._shared, facts, facts.defer_if_permit)
        return facts.refusal

    # The lists.

    async def _is_refused_before(self, facts: Facts) -> bool:
        """Evaluate the lists that have waited, in their order."""
        for judge in (self._client, self._helo, self._sender):
            if await judge(facts) is not None:
                return True
        return False

    async def _client(self, facts: Facts) -> Reply | None:
        facts.refusal = facts.defer_if_permit = facts.defer_if_reject = None
        if self._lists.client:
            await self._evaluate(facts, self._lists.client, Role.CLIENT, facts.client.label)
        facts.defer_if_permit_client = facts.defer_if_permit
        return facts.refusal

    async def _helo(self, facts: Facts) -> Reply | None:
        facts.refusal = facts.defer_if_reject = None
        facts.defer_if_permit = facts.defer_if_permit_client
        if facts.helo is not None and self._lists.helo:
            await self._evaluate(facts, self._lists.helo, Role.HELO, facts.helo)
        facts.defer_if_permit_helo = facts.defer_if_permit
        return facts.refusal

    async def _sender(self, facts: Facts) -> Reply | None:
        facts.refusal = facts.defer_if_reject = None
        facts.defer_if_permit = facts.defer_if_permit_helo
        facts.sender_tested = False
        if facts.sender is not None:
            if self._lists.sender:
                await self._evaluate(facts, self._lists.sender, Role.SENDER, facts.sender)
            wants_test = self._shared.params.smtpd_reject_unlisted_sender and not facts.sender_tested
            if wants_test and facts.sender and facts.refusal is None:
                await self._exists(facts, facts.sender, Role.SENDER)
        facts.defer_if_permit_sender = facts.defer_if_permit
        return facts.refusal

    async def _late(self, facts: Facts, items: Items, role: Role, name: str) -> Reply | None:
        """Evaluate a list of the time when all recipients are known; a single one is the recipient."""
        facts.refusal = facts.defer_if_permit = facts.defer_if_reject = None
        if not items:
            return None
        await self._evaluate(facts, items, role, name)
        if facts.refusal is None and facts.defer_if_permit is not None:
            refuse(self._shared, facts, facts.defer_if_permit)
        return facts.refusal

    async def _exists(self, facts: Facts, address: str, role: Role) -> None:
        await check_existence(Run(self._shared, facts, role, address, {}), address, role)
