"""Restrictions about the form and the domain of the sender and of the recipient."""

from __future__ import annotations

from pymail.daemons.smtpd.access.existence import check_existence
from pymail.daemons.smtpd.access.facts import Verdict
from pymail.daemons.smtpd.access.run import Run
from pymail.daemons.smtpd.access.status import Role
from pymail.dns.answer import DnsError, NotFoundError, NullMxError
from pymail.dns.hostname import is_hostname
from pymail.ipc.rewrite import ResolveFlag
from pymail.mail.quoting import split_address


def _rejected(address: str, role: Role, text: str) -> str:
    return f"<{address}>: {role.value} rejected: {text}"


def _non_fqdn(run: Run, address: str, role: Role) -> Verdict:
    """Refuse an address whose domain, as it was sent, is no full name. The null address and literals may stay."""
    if not address:
        return Verdict.DUNNO
    domain = split_address(address)[1]
    if domain is not None:
        if domain.startswith("["):
            return Verdict.DUNNO
        if "." in domain.removesuffix(".") and is_hostname(domain.removesuffix(".")):
            return Verdict.DUNNO
    elif address.lower() == "postmaster":
        return Verdict.DUNNO
    code = run.shared.params.non_fqdn_reject_code
    return run.reject(code, "5.5.2", _rejected(address, role, "need fully-qualified address"))


async def reject_non_fqdn_sender(run: Run, _argument: str) -> Verdict:
    """reject_non_fqdn_sender"""
    sender = run.facts.sender
    return Verdict.DUNNO if sender is None else _non_fqdn(run, sender, Role.SENDER)


async def reject_non_fqdn_recipient(run: Run, _argument: str) -> Verdict:
    """reject_non_fqdn_recipient"""
    recipient = run.facts.recipient
    return Verdict.DUNNO if recipient is None else _non_fqdn(run, recipient, Role.RECIPIENT)


async def _unknown_domain(run: Run, address: str, role: Role) -> Verdict:
    """Refuse an address whose domain has neither MX nor address records, unless we are its final destination."""
    shared = run.shared
    reply = await shared.resolve(run.facts.sender or "", address)
    if reply.flags & ResolveFlag.FAIL:
        return run.reject(451, "4.3.0", f"<{address}>: Temporary lookup failure")
    domain = split_address(reply.recipient)[1]
    if domain is None or reply.flags & ResolveFlag.CLASS_FINAL or domain.startswith("["):
        return Verdict.DUNNO
    temporary: DnsError | None = None
    for rdtype in ("MX", "A", "AAAA"):
        try:
            answer = await shared.dns.query(domain, rdtype)
        except NullMxError:
            code, status = (550, "5.7.27") if role is Role.SENDER else (556, "5.1.10")
            return run.reject(code, status, _rejected(address, role, f"Domain {domain} does not accept mail (nullMX)"))
        except NotFoundError:
            continue
        except DnsError as error:
            temporary = error
            break
        if rdtype != "MX" or answer.exchanges:
            return Verdict.DUNNO
    status = "4.1.8" if role is Role.SENDER else "4.1.2"
    text = _rejected(address, role, "Domain not found")
    if temporary is None:
        return run.reject(shared.params.unknown_address_reject_code, status, text)
    if shared.params.unknown_address_tempfail_action == "defer":
        return run.reject(450, status, text)
    return run.defer_if_permit(status, text)


async def reject_unknown_sender_domain(run: Run, _argument: str) -> Verdict:
    """reject_unknown_sender_domain"""
    sender = run.facts.sender
    return await _unknown_domain(run, sender, Role.SENDER) if sender else Verdict.DUNNO


async def reject_unknown_recipient_domain(run: Run, _argument: str) -> Verdict:
    """reject_unknown_recipient_domain"""
    recipient = run.facts.recipient
    return await _unknown_domain(run, recipient, Role.RECIPIENT) if recipient else Verdict.DUNNO


async def reject_unlisted_sender(run: Run, _argument: str) -> Verdict:
    """reject_unlisted_sender"""
    run.facts.sender_tested = True
    sender = run.facts.sender
    return await check_existence(run, sender, Role.SENDER) if sender else Verdict.DUNNO


async def reject_unlisted_recipient(run: Run, _argument: str) -> Verdict:
    """reject_unlisted_recipient"""
    run.facts.recipient_tested = True
    recipient = run.facts.recipient
    return await check_existence(run, recipient, Role.RECIPIENT) if recipient else Verdict.DUNNO
