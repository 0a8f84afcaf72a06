"""Does an address of ours exist? The tables of its address class, and those that make any address exist.

Postfix: smtpd_check.c, check_rcpt_maps. An address of another domain exists as far as we are concerned.
"""

from __future__ import annotations

from typing import Final

from pymail.daemons.smtpd.access.facts import Verdict
from pymail.daemons.smtpd.access.run import Run
from pymail.daemons.smtpd.access.status import Role, fit_role, with_code_class
from pymail.ipc.rewrite import ResolveFlag, ResolveReply
from pymail.log.events import smtpd as events
from pymail.mail.dsn import split_status
from pymail.mail.quoting import split_address
from pymail.tables.address import find_address
from pymail.tables.base import TableError
from pymail.tables.maps import Maps

#: Local users that need not be in any table.
_ALWAYS_LOCAL: Final = ("postmaster", "mailer-daemon")


async def check_existence(run: Run, address: str, role: Role) -> Verdict:
    """Refuse *address* when it is in one of our domains and in none of its tables."""
    reply = await run.shared.resolve(run.facts.sender or "", address)
    if reply.flags & ResolveFlag.FAIL:
        return run.reject(451, "4.3.0", f"<{address}>: Temporary lookup failure")
    if reply.flags & ResolveFlag.ERROR:
        status = "5.1.7" if role is Role.SENDER else "5.1.3"
        return run.reject(501, status, f"<{address}>: {role.value} rejected: Bad address syntax")
    try:
        if await _is_mapped(run, reply.recipient, role):
            return Verdict.DUNNO
        if reply.transport in ("error", "retry"):
            return _undeliverable(run, address, role, reply)
        problem = await _unknown_in(run, reply)
    except TableError:
        return run.reject(451, "4.3.0", f"<{address}>: Temporary lookup failure")
    if problem is None:
        return Verdict.DUNNO
    code, table = problem
    text = f"User unknown in {table}" if run.shared.params.show_user_unknown_table_name else "User unknown"
    status = "5.1.0" if role is Role.SENDER else "5.1.1"
    return run.reject(code, status, f"<{address}>: {role.value} rejected: {text}")


async def _is_mapped(run: Run, address: str, role: Role) -> bool:
    """Whether rewriting gives the address another one: then it is not asked for itself."""
    tables = run.shared.recipients
    own = tables.sender_canonical if role is Role.SENDER else tables.recipient_canonical
    for maps in (own, tables.canonical, tables.virtual_alias):
        if not maps.is_empty and await _has(run, maps, address):
            return True
    return False


async def _has(run: Run, maps: Maps, address: str) -> bool:
    return await find_address(maps, address, run.shared.address_rules) is not None


def _undeliverable(run: Run, address: str, role: Role, reply: ResolveReply) -> Verdict:
    """Refuse with the words of a transport `error:` or `retry:`."""
    permanent = reply.transport == "error"
    code = 550 if permanent else 450
    default = ("5" if permanent else "4") + (".1.0" if role is Role.SENDER else ".1.1")
    given, text = split_status(reply.nexthop, default)
    status = fit_role(given, role)
    if status != given:
        run.shared.log.info(events.mapped_status(given, role.value, status))
    status = with_code_class(status, code)
    return run.reject(code, status, f"<{address}>: {role.value} rejected: {text}")


async def _unknown_in(run: Run, reply: ResolveReply) -> tuple[int, str] | None:
    """Return reply code and table name when the address is in no table of its class; None: it is there."""
    params, tables = run.shared.params, run.shared.recipients
    flags, address = reply.flags, reply.recipient
    if flags & ResolveFlag.CLASS_LOCAL:
        local = split_address(address)[0].lower()
        if tables.local.is_empty or local in _ALWAYS_LOCAL or local == params.double_bounce_sender.lower():
            return None
        if await _has(run, tables.local, address):
            return None
        return params.unknown_local_recipient_reject_code, "local recipient table"
    if flags & ResolveFlag.CLASS_ALIAS:
        return params.unknown_virtual_alias_reject_code, "virtual alias table"
    if flags & ResolveFlag.CLASS_VIRTUAL:
        if tables.virtual_mailbox.is_empty or await _has(run, tables.virtual_mailbox, address):
            return None
        return params.unknown_virtual_mailbox_reject_code, "virtual mailbox table"
    if flags & ResolveFlag.CLASS_RELAY:
        if tables.relay.is_empty or await _has(run, tables.relay, address):
            return None
        return params.unknown_relay_recipient_reject_code, "relay recipient table"
    return None
