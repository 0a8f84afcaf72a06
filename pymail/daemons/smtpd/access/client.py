"""Restrictions about the client host and its HELO or EHLO argument."""

from __future__ import annotations

from typing import Final

from pymail.daemons.smtpd.access.facts import Verdict
from pymail.daemons.smtpd.access.run import Run
from pymail.dns.answer import DnsError, NotFoundError
from pymail.dns.hostname import is_hostname
from pymail.dns.hosts import NameStatus
from pymail.tables.base import TableError
from pymail.util.network import parse_address

#: Failures that will not go away by themselves.
_PERMANENT: Final = (NameStatus.NOT_FOUND, NameStatus.FORGED)


async def permit_mynetworks(run: Run, _argument: str) -> Verdict:
    """permit_mynetworks"""
    client = run.facts.client
    try:
        known = await run.shared.mynetworks.matches(client.name, client.address)
    except TableError:
        return run.lookup_failed()
    return run.permit() if known else Verdict.DUNNO


async def permit_inet_interfaces(run: Run, _argument: str) -> Verdict:
    """permit_inet_interfaces: the client is this machine."""
    return run.permit() if run.facts.client.address in run.shared.own_addresses else Verdict.DUNNO


async def permit_sasl_authenticated(_run: Run, _argument: str) -> Verdict:
    """permit_sasl_authenticated: nobody is, there is no AUTH."""
    return Verdict.DUNNO


async def reject_unknown_client_hostname(run: Run, _argument: str) -> Verdict:
    """reject_unknown_client_hostname: no name, or a name that does not have this address."""
    client = run.facts.client
    if client.status is NameStatus.OK:
        return Verdict.DUNNO
    code = run.shared.params.unknown_client_reject_code if client.status in _PERMANENT else 450
    text = f"{run.role.value} rejected: cannot find your hostname, [{client.address}]"
    return run.reject(code, "4.7.25", text)


async def reject_unknown_reverse_client_hostname(run: Run, _argument: str) -> Verdict:
    """reject_unknown_reverse_client_hostname: no PTR record."""
    client = run.facts.client
    if client.reverse_status is NameStatus.OK:
        return Verdict.DUNNO
    code = run.shared.params.unknown_client_reject_code if client.reverse_status in _PERMANENT else 450
    text = f"{run.role.value} rejected: cannot find your reverse hostname, [{client.address}]"
    return run.reject(code, "4.7.1", text)


def _literal_problem(helo: str) -> str:
    """Return what is wrong with `[...]` as an address literal; empty: nothing. RFC 5321 §4.1.3"""
    inside = helo[1:-1] if helo.endswith("]") else ""
    if inside[:5].upper() == "IPV6:":
        address = parse_address(inside[5:])
        return "" if address is not None and ":" in inside[5:] else "invalid ip address"
    address = parse_address(inside)
    return "" if address is not None and ":" not in inside else "invalid ip address"


async def reject_invalid_helo_hostname(run: Run, _argument: str) -> Verdict:
    """reject_invalid_helo_hostname"""
    helo = run.facts.helo
    if helo is None:
        return Verdict.DUNNO
    code = run.shared.params.invalid_hostname_reject_code
    if helo.startswith("["):
        problem = _literal_problem(helo)
        return run.reject(code, "5.5.2", f"<{helo}>: Helo command rejected: {problem}") if problem else Verdict.DUNNO
    if is_hostname(helo.removesuffix(".")) or parse_address(helo) is not None:
        return Verdict.DUNNO
    return run.reject(code, "5.5.2", f"<{helo}>: Helo command rejected: Invalid name")


async def reject_non_fqdn_helo_hostname(run: Run, _argument: str) -> Verdict:
    """reject_non_fqdn_helo_hostname: no dot, or no name at all; address literals may stay."""
    helo = run.facts.helo
    if helo is None or (helo.startswith("[") and not _literal_problem(helo)):
        return Verdict.DUNNO
    name = helo.removesuffix(".")
    if "." in name and is_hostname(name):
        return Verdict.DUNNO
    code = run.shared.params.non_fqdn_reject_code
    return run.reject(code, "5.5.2", f"<{helo}>: Helo command rejected: need fully-qualified hostname")


async def reject_unknown_helo_hostname(run: Run, _argument: str) -> Verdict:
    """reject_unknown_helo_hostname: no address and no MX record."""
    helo = run.facts.helo
    if helo is None or helo.startswith("["):
        return Verdict.DUNNO
    temporary: DnsError | None = None
    for rdtype in ("A", "AAAA", "MX"):
        try:
            await run.shared.dns.query(helo.removesuffix("."), rdtype)
        except NotFoundError:
            continue
        except DnsError as error:
            temporary = error
        else:
            return Verdict.DUNNO
    text = f"<{helo}>: Helo command rejected: Host not found"
    if temporary is None:
        return run.reject(run.shared.params.unknown_hostname_reject_code, "4.7.1", text)
    if run.shared.params.unknown_helo_hostname_tempfail_action == "defer":
        return run.reject(450, "4.7.1", text)
    return run.defer_if_permit("4.7.1", text)
