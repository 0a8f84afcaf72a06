"""Restrictions that fit any list."""

from __future__ import annotations

from pymail.daemons.smtpd.access.facts import Verdict
from pymail.daemons.smtpd.access.run import Run


async def permit(run: Run, _argument: str) -> Verdict:
    """permit"""
    return run.permit()


async def reject(run: Run, _argument: str) -> Verdict:
    """reject"""
    return run.reject(run.shared.params.reject_code, "5.7.1", run.rejected("Access denied"))


async def defer(run: Run, _argument: str) -> Verdict:
    """defer"""
    return run.reject(run.shared.params.defer_code, "4.3.2", run.rejected("Try again later"))


async def defer_if_permit(run: Run, _argument: str) -> Verdict:
    """defer_if_permit"""
    return run.defer_if_permit("4.7.0", run.rejected("defer_if_permit requested"))


async def defer_if_reject(run: Run, _argument: str) -> Verdict:
    """defer_if_reject"""
    return run.defer_if_reject("4.7.0", run.rejected("defer_if_reject requested"))


async def reject_unauth_pipelining(run: Run, _argument: str) -> Verdict:
    """reject_unauth_pipelining: more input than the client may have sent by now."""
    facts = run.facts
    if facts.is_ahead and (facts.protocol != "ESMTP" or facts.where == "DATA"):
        return run.reject(503, "5.5.0", run.rejected("Improper use of SMTP command pipelining"))
    return Verdict.DUNNO


async def reject_multi_recipient_bounce(run: Run, _argument: str) -> Verdict:
    """reject_multi_recipient_bounce: a report goes to one sender. At RCPT TO, the recipient in question counts."""
    facts = run.facts
    count = facts.recipient_count + (facts.where == "RCPT")
    if facts.sender == "" and count > 1:
        code = run.shared.params.multi_recipient_bounce_reject_code
        return run.reject(code, "5.5.3", run.rejected("Multi-recipient bounce"))
    return Verdict.DUNNO


async def reject_plaintext_session(run: Run, _argument: str) -> Verdict:
    """reject_plaintext_session: there is no other session yet."""
    return run.reject(run.shared.params.plaintext_reject_code, "4.7.1", "Session encryption is required")


async def restriction_class(run: Run, name: str) -> Verdict:
    """A name from smtpd_restriction_classes."""
    items = run.lists.get(name)
    if items is None:
        return await unknown(run, name)
    if run.depth >= 100:
        run.shared.log.warning("restriction class %s causes unreasonable recursion", name)
        return run.misconfigured()
    run.depth += 1
    try:
        return await run.evaluate(items)
    finally:
        run.depth -= 1


async def unknown(run: Run, name: str) -> Verdict:
    """A word that is no restriction."""
    run.shared.log.warning('unknown smtpd restriction: "%s"', name)
    return run.misconfigured()


async def unsupported(run: Run, name: str) -> Verdict:
    """A restriction of Postfix that does not exist here yet: nobody gets in, or is refused for good, by it."""
    run.shared.log.warning('smtpd restriction "%s" is not supported', name)
    return run.misconfigured()


async def bad_argument(run: Run, text: str) -> Verdict:
    """A restriction without its argument, or with one that is no table."""
    run.shared.log.warning("%s", text)
    return run.misconfigured()
