"""Who may send where: the restrictions that keep this from being an open relay.

A destination is *authorized* when we are its final destination or it is in relay_domains, and when the address has no
route to elsewhere in it. `@a,@b:user@c` has lost its route when it was read; of `user@there@here`,
`"user@there"@here`, `user%there@here` and `there!user@here` trivial-rewrite's answer tells where they really go, or it
has the flag ROUTED.
"""

from __future__ import annotations

from pymail.daemons.smtpd.access.facts import Verdict
from pymail.daemons.smtpd.access.run import Run
from pymail.ipc.rewrite import ResolveFlag, ResolveReply
from pymail.mail.quoting import split_address


def _has_route(run: Run, reply: ResolveReply) -> bool:
    """Whether the sender says how mail goes on behind the destination. Tested here, too, whatever the service says."""
    if reply.flags & ResolveFlag.ROUTED:
        return True
    local = split_address(reply.recipient)[0]
    rules = run.shared.rules
    return "@" in local or ("%" in local and rules.percent_hack) or ("!" in local and rules.swap_bangpath)


async def _is_authorized(run: Run, recipient: str) -> bool | None:
    """Return whether we take mail for *recipient* from anybody; None: nobody knows."""
    reply = await run.shared.resolve(run.facts.sender or "", recipient)
    if reply.flags & ResolveFlag.FAIL:
        return None
    if not run.shared.params.allow_untrusted_routing and _has_route(run, reply):
        return False
    return bool(reply.flags & (ResolveFlag.CLASS_FINAL | ResolveFlag.CLASS_RELAY))


async def _judge(run: Run, code: int, status: str) -> Verdict:
    recipient = run.facts.recipient
    if recipient is None:
        return Verdict.DUNNO
    authorized = await _is_authorized(run, recipient)
    if authorized is None:
        return run.reject(451, "4.3.0", f"<{recipient}>: Temporary lookup failure")
    if authorized:
        return Verdict.DUNNO
    return run.reject(code, status, f"<{recipient}>: Relay access denied")


async def reject_unauth_destination(run: Run, _argument: str) -> Verdict:
    """reject_unauth_destination"""
    return await _judge(run, run.shared.params.relay_domains_reject_code, "5.7.1")


async def defer_unauth_destination(run: Run, _argument: str) -> Verdict:
    """defer_unauth_destination"""
    return await _judge(run, 454, "4.7.1")


async def permit_auth_destination(run: Run, _argument: str) -> Verdict:
    """permit_auth_destination"""
    recipient = run.facts.recipient
    if recipient is None:
        return Verdict.DUNNO
    authorized = await _is_authorized(run, recipient)
    if authorized is None:
        return run.reject(451, "4.3.0", f"<{recipient}>: Temporary lookup failure")
    return run.permit() if authorized else Verdict.DUNNO


async def may_permit_by_recipient(run: Run) -> bool:
    """Whether a table entry for the recipient may permit: not for an address with a route in it (access(5), BUGS)."""
    recipient = run.facts.recipient
    if recipient is None or run.shared.params.allow_untrusted_routing:
        return True
    reply = await run.shared.resolve(run.facts.sender or "", recipient)
    return not reply.flags & ResolveFlag.FAIL and not _has_route(run, reply)
