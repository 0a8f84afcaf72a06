"""What a DNS query gives: the values of one record type, or the reason why there are none.

`Answer` holds plain values (no dnspython objects leave this package). Every failure is a `DnsError`, whose `str()` is
the text that Postfix logs and puts into bounces: `Host or domain name not found. Name service error for name=D ...`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias


class MxRecord(NamedTuple):
    """RFC 1035 §3.3.9."""

    preference: int
    exchange: str


class SrvRecord(NamedTuple):
    """RFC 2782."""

    priority: int
    weight: int
    port: int
    target: str


class TlsaRecord(NamedTuple):
    """RFC 6698 §2.1."""

    usage: int
    selector: int
    matching_type: int
    data: bytes


#: str: an address (A, AAAA), a name without final dot (PTR, NS, CNAME), joined strings (TXT), the primary server (SOA).
Value: TypeAlias = str | MxRecord | SrvRecord | TlsaRecord


@dataclass(frozen=True, slots=True)
class Answer:
    """The records of one name and type, in the order of the server."""

    name: str  # the owner at the end of the CNAME chain
    rdtype: str
    values: tuple[Value, ...]
    ttl: int  # seconds
    authenticated: bool  # the AD bit: only as good as the way to the resolver

    @property
    def texts(self) -> tuple[str, ...]:
        """The values of a type whose values are plain text (A, AAAA, PTR, NS, CNAME, TXT, SOA)."""
        return tuple(value for value in self.values if isinstance(value, str))

    @property
    def exchanges(self) -> tuple[MxRecord, ...]:
        """The values of an MX answer."""
        return tuple(value for value in self.values if isinstance(value, MxRecord))


HOST_NOT_FOUND: Final = "Host not found"
NO_DATA: Final = "Host found but no data record of requested type"
TRY_AGAIN: Final = "Host not found, try again"
MALFORMED: Final = "Malformed or unexpected name server reply"


class DnsError(Exception):
    """A query has no usable answer."""

    problem: str = "Unknown error"

    def __init__(self, name: str, rdtype: str, problem: str | None = None) -> None:
        super().__init__(name, rdtype)
        self.name = name
        self.rdtype = rdtype
        if problem is not None:
            self.problem = problem

    def __str__(self) -> str:
        return (
            f"Host or domain name not found. Name service error for name={self.name} type={self.rdtype}: {self.problem}"
        )


class NotFoundError(DnsError):
    """There is no such record, and asking again will not help: NXDOMAIN, or see the subclasses."""

    problem = HOST_NOT_FOUND


class NoDataError(NotFoundError):
    """The name exists without a record of this type."""

    problem = NO_DATA


class InvalidNameError(NotFoundError):
    """The name is no host name: nobody was asked."""

    problem = "invalid host or domain name"

    def __str__(self) -> str:
        return f"Host or domain name not found. Name service error for {self.name}: {self.problem}"


class TryAgainError(DnsError):
    """No server gave an answer: this can be otherwise in a minute."""

    problem = TRY_AGAIN


class InvalidReplyError(DnsError):
    """The answer cannot be used: malformed, or its records hold names that are none."""

    problem = MALFORMED


class NullMxError(DnsError):
    """The domain says that it takes no mail. RFC 7505."""

    problem = "Domain does not accept mail (nullMX)"

    def __str__(self) -> str:
        return f"Domain {self.name} does not accept mail (nullMX)"
