"""Access tables, access(5): which keys are looked up, and what a result means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pymail.daemons.smtpd.access.facts import HANGUP, Verdict
from pymail.daemons.smtpd.access.lists import CompileList
from pymail.daemons.smtpd.access.relay import may_permit_by_recipient
from pymail.daemons.smtpd.access.run import RECURSION_LIMIT, Run
from pymail.daemons.smtpd.access.status import Role, fit_role, with_code_class
from pymail.ipc.rewrite import ResolveFlag
from pymail.log.events import smtpd as events
from pymail.mail.dsn import split_status
from pymail.tables.address import Key, access_keys
from pymail.tables.base import TableError
from pymail.tables.maps import Maps
from pymail.tables.match import DomainMatch, domain_keys
from pymail.util.network import parse_address

_CODE: Final = re.compile(r"([45]\d\d)(?:\s+(.*))?", re.DOTALL | re.ASCII)
_HEADER: Final = re.compile(r"[!-9;-~]+[ \t]*:")
#: Actions on a message, which do not exist before there is one.
_MESSAGE_ACTIONS: Final = frozenset({"DISCARD", "HOLD", "FILTER", "REDIRECT", "BCC"})
_SESSION_ROLES: Final = frozenset({Role.CLIENT, Role.REVERSE_CLIENT, Role.HELO, Role.ETRN})


def host_keys(name: str, address: str, parents: DomainMatch) -> Iterator[Key]:
    """Yield the keys of a client: its name, parent domains, its address, and the networks that start like it."""
    yield from name_keys(name, parents)
    yield Key(address, False)
    separator = ":" if ":" in address else "."
    end = address.rfind(separator)
    while end > 0:
        yield Key(address[:end].rstrip(":"), True)
        end = address.rfind(separator, 0, end)


def name_keys(name: str, parents: DomainMatch) -> Iterator[Key]:
    """Yield a host name and its parent domains; what is an address has no parents."""
    if parse_address(name) is not None:
        yield Key(name, False)
        return
    for number, key in enumerate(domain_keys(name, parents)):
        yield Key(key, number > 0)


@dataclass(frozen=True, slots=True)
class AccessTable:
    """One table and what it judges: `check_client_access`, `check_helo_access`, and so on."""

    maps: Maps
    role: Role
    #: To make lists of the restrictions that a result may name.
    compile: CompileList

    async def __call__(self, run: Run, _argument: str) -> Verdict:
        """Judge: the restriction."""
        facts = run.facts
        parents = run.shared.parents
        match self.role:
            case Role.CLIENT:
                client = facts.client
                return await self._search(run, host_keys(client.name, client.address, parents), client.label)
            case Role.HELO:
                if facts.helo is None:
                    return Verdict.DUNNO
                return await self._search(run, name_keys(facts.helo, parents), facts.helo)
            case Role.SENDER:
                return await self._address(run, facts.sender)
            case Role.RECIPIENT:
                return await self._address(run, facts.recipient)
            case _:
                # check_etrn_access: the domain is the object.
                return await self._search(run, name_keys(run.object, parents), run.object)

    async def _address(self, run: Run, address: str | None) -> Verdict:
        shared = run.shared
        if address is None:
            return Verdict.DUNNO
        if not address:
            key = shared.params.smtpd_null_access_lookup_key
            return await self._search(run, iter((Key(key, False),)), address)
        reply = await shared.resolve(run.facts.sender or "", address)
        if reply.flags & ResolveFlag.FAIL:
            return run.reject(451, "4.3.0", f"<{address}>: Temporary lookup failure")
        if "@" not in reply.recipient:
            shared.log.warning("no @domain in address: %s", reply.recipient)
            return Verdict.DUNNO
        keys = access_keys(reply.recipient, shared.params.recipient_delimiter, shared.parents)
        verdict = await self._search(run, keys, address)
        if verdict is Verdict.PERMIT and self.role is Role.RECIPIENT and not run.facts.actions.discard:
            return verdict if await may_permit_by_recipient(run) else Verdict.DUNNO
        return verdict

    async def _search(self, run: Run, keys: Iterator[Key], name: str) -> Verdict:
        """Act on the first key that the table has."""
        for key in keys:
            try:
                value = await self.maps.find(key.text, partial=key.partial)
            except TableError:
                text = f"<{name}>: {self.role.value} rejected: Server configuration error"
                return run.reject(451, "4.3.5", text)
            if value is not None:
                return await self._act(run, value.strip(), key.text, name)
        return Verdict.DUNNO

    async def _act(self, run: Run, value: str, key: str, name: str) -> Verdict:
        """Return what *value*, found for *key* of the object *name*, means."""
        word, _, text = value.partition(" ")
        word, text = word.upper(), text.strip()
        params = run.shared.params
        match word:
            case "REJECT":
                return self._refuse(run, params.access_map_reject_code, "5.7.1", text or "Access denied", name)
            case "DEFER":
                return self._refuse(run, params.access_map_defer_code, "4.7.1", text or "Access denied", name)
            case "DEFER_IF_REJECT" | "DEFER_IF_PERMIT":
                status, text = self._status(run, 450, "4.7.1", text or "Service unavailable")
                text = f"<{name}>: {self.role.value} rejected: {text}"
                if word == "DEFER_IF_REJECT":
                    return run.defer_if_reject(status, text)
                return run.defer_if_permit(status, text)
            case "HANGUP":
                run.log_action("hangup", text)
                run.facts.refusal = HANGUP
                return Verdict.REJECT
            case "INFO" | "WARN":
                run.log_action(word.lower(), text)
                return Verdict.DUNNO
            case "DISCARD" | "HOLD" | "FILTER" | "REDIRECT" | "BCC":
                return self._message_action(run, word, text, key, name)
            case "PREPEND":
                return self._prepend(run, text, key)
            case "DUNNO":
                return Verdict.DUNNO
            case "OK" | "RELAY":
                return run.permit(key)
        if value.isascii() and value.isdigit():
            # What pop-before-smtp programs write.
            return run.permit(key)
        code = _CODE.fullmatch(value)
        if code is not None:
            number = int(code[1])
            default = f"{number // 100}.7.1"
            return self._refuse(run, number, default, (code[2] or "").strip() or "Access denied", name)
        return await self._restrictions(run, value, key)

    def _status(self, run: Run, code: int, default: str, text: str) -> tuple[str, str]:
        """Return the status that stands before *text*, or *default*, as code and role want it, and the rest."""
        given, rest = split_status(text, default)
        status = fit_role(given, self.role)
        if status != given:
            run.shared.log.info(events.mapped_status(given, self.role.value, status))
        return with_code_class(status, code), rest

    def _refuse(self, run: Run, code: int, default: str, text: str, name: str) -> Verdict:
        status, text = self._status(run, code, default, text)
        return run.reject(code, status, f"<{name}>: {self.role.value} rejected: {text}")

    def _message_action(self, run: Run, word: str, text: str, key: str, name: str) -> Verdict:
        if self.role in _SESSION_ROLES and run.facts.sender is None:
            run.shared.log.warning(
                "access table %s: with smtpd_delay_reject=no, action %s is always skipped in Client host or Helo "
                "command restrictions",
                self.maps.tables[0].spec,
                word,
            )
            return Verdict.DUNNO
        actions = run.facts.actions
        subject = f"<{name}>: {self.role.value}"
        if word == "DISCARD":
            actions.discard = True
            run.log_action("discard", f"{subject} {text or 'triggers DISCARD action'}")
            return Verdict.PERMIT
        if word == "HOLD":
            if not actions.hold:
                actions.hold = True
                run.log_action("hold", f"{subject} {text or 'triggers HOLD action'}")
            return Verdict.DUNNO
        if word == "FILTER":
            if not text:
                return self._bad_entry(run, key, "has FILTER entry without value")
            if ":" not in text:
                return self._bad_entry(run, key, "requires transport:destination")
            actions.content_filter = text
        elif "@" not in text:
            return self._bad_entry(run, key, "requires user@domain target")
        elif word == "REDIRECT":
            actions.redirect = text
        else:
            actions.bcc.append(text)
        run.log_action(word.lower(), f"{subject} triggers {word} {text}")
        return Verdict.DUNNO

    def _prepend(self, run: Run, text: str, key: str) -> Verdict:
        facts = run.facts
        if run.role is Role.END_OF_DATA or facts.where == "END-OF-MESSAGE" or facts.sender is None:
            run.shared.log.warning(
                "access table %s: action PREPEND must be used before END-OF-MESSAGE", self.maps.tables[0].spec
            )
        elif _HEADER.match(text):
            facts.actions.prepend.append(text)
        else:
            return self._bad_entry(run, key, "requires header: text")
        return Verdict.DUNNO

    def _bad_entry(self, run: Run, key: str, problem: str) -> Verdict:
        """An entry without sense is as good as none."""
        run.shared.log.warning('access table %s entry "%s" %s', self.maps.tables[0].spec, key, problem)
        return Verdict.DUNNO

    async def _restrictions(self, run: Run, value: str, key: str) -> Verdict:
        """Evaluate a list of restrictions, without tables in it."""
        spec = self.maps.tables[0].spec
        if ":" in value:
            log = run.shared.log
            log.warning("access table %s has entry with lookup table: %s", spec, value)
            log.warning("do not specify lookup tables inside SMTPD access maps")
            log.warning("define a restriction class and specify its name instead.")
            return run.misconfigured()
        if run.depth >= RECURSION_LIMIT:
            run.shared.log.warning("access table %s entry %s causes unreasonable recursion", spec, key)
            return run.misconfigured()
        run.depth += 1
        try:
            return await run.evaluate(self.compile(value, run.role))
        finally:
            run.depth -= 1
