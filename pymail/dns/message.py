"""DNS messages: build a query, and make values of a reply (RFC 1035, RFC 6891). No I/O.

The codec is dnspython's; what it raises on hostile input ends here.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.rdtypes.ANY.CNAME import CNAME
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.NS import NS
from dns.rdtypes.ANY.PTR import PTR
from dns.rdtypes.ANY.SOA import SOA
from dns.rdtypes.ANY.TLSA import TLSA
from dns.rdtypes.ANY.TXT import TXT
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA
from dns.rdtypes.IN.SRV import SRV

from pymail.dns.answer import (
    Answer,
    DnsError,
    InvalidReplyError,
    MxRecord,
    NoDataError,
    NotFoundError,
    NullMxError,
    SrvRecord,
    TlsaRecord,
    TryAgainError,
    Value,
)
from pymail.dns.hostname import is_hostname

#: UDP payload that survives without fragments (DNS flag day 2020).
PAYLOAD: Final = 1232
NEGATIVE_TTL_LIMIT: Final = 300  # seconds: operators mend a zone and want to see it
NEGATIVE_TTL_DEFAULT: Final = 10  # seconds, for a reply without SOA
CHAIN_LIMIT: Final = 10  # CNAMEs that we follow

_HEADER: Final = struct.Struct(">HHHHHH")
_FLAGS_QUERY: Final = 0x0120  # RD, and AD: RFC 6840 §5.7
_OPT: Final = b"\0\0\x29" + PAYLOAD.to_bytes(2, "big") + b"\0\0\0\0\0\0"


class UnusableReplyError(Exception):
    """This server's reply helps nobody: ask another. `without_edns`: the server may like a query without EDNS."""

    def __init__(self, text: str, without_edns: bool = False) -> None:
        super().__init__(text)
        self.without_edns = without_edns


class TruncatedError(Exception):
    """The reply did not fit into a datagram: ask again over TCP."""


class StrayReplyError(Exception):
    """Not the reply to our query: another's, or a forgery; keep waiting."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked."""

    name: str
    rdtype: str
    wire_name: bytes
    wire_type: int

    def query(self, query_id: int, *, edns: bool = True) -> bytes:
        """Return the octets of the query."""
        header = _HEADER.pack(query_id, _FLAGS_QUERY, 1, 0, 0, 1 if edns else 0)
        return header + self.wire_name + struct.pack(">HH", self.wire_type, 1) + (_OPT if edns else b"")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a reply says, and for how long: an answer, an error, or `alias`, the name to ask for instead."""

    ttl: int
    answer: Answer | None = None
    error: DnsError | None = None
    alias: str = ""


def make_question(name: str, rdtype: str) -> Question:
    """Return the question; a name that has no wire form raises NotFoundError."""
    try:
        wire = dns.name.from_text(name).to_wire()
        number = int(dns.rdatatype.from_text(rdtype))
    except (dns.exception.DNSException, UnicodeError) as error:
        raise NotFoundError(name, rdtype) from error
    return Question(name, rdtype, wire or b"\0", number)


def _text(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True)


def _value(rdata: dns.rdata.Rdata) -> Value | None:
    """Return the plain value of a record; None for one that holds no usable name."""
    match rdata:
        case A() | AAAA():
            return str(rdata.address)
        case MX():
            exchange = _text(rdata.exchange)
            return MxRecord(rdata.preference, exchange) if is_hostname(exchange) else None
        case PTR() | NS() | CNAME():
            target = _text(rdata.target)
            return target if is_hostname(target) else None
        case TXT():
            return b"".join(rdata.strings).decode("utf-8", "surrogateescape")
        case SRV():
            return SrvRecord(rdata.priority, rdata.weight, rdata.port, _text(rdata.target))
        case TLSA():
            return TlsaRecord(rdata.usage, rdata.selector, rdata.mtype, bytes(rdata.cert))
        case SOA():
            return _text(rdata.mname)
        case _:
            return str(rdata.to_text())


def _is_null_mx(records: list[dns.rdata.Rdata]) -> bool:
    """RFC 7505 §3: the root is the only exchange."""
    return bool(records) and all(isinstance(record, MX) and record.exchange == dns.name.root for record in records)


def _negative_ttl(reply: dns.message.Message) -> int:
    """Return how long "there is none" holds. RFC 2308 §5."""
    for rrset in reply.authority:
        if rrset.rdtype == dns.rdatatype.SOA:
            return int(min(rrset.ttl, rrset[0].minimum, NEGATIVE_TTL_LIMIT))
    return NEGATIVE_TTL_DEFAULT


def _follow(reply: dns.message.Message, question: Question) -> tuple[dns.name.Name, dns.rrset.RRset | None, int]:
    """Return the end of the CNAME chain in the answer section, its records, and the smallest TTL on the way."""
    sets = {(rrset.name, rrset.rdtype): rrset for rrset in reply.answer if rrset.rdclass == dns.rdataclass.IN}
    owner = reply.question[0].name
    ttl = 1 << 31
    for _ in range(CHAIN_LIMIT):
        wanted = sets.get((owner, dns.rdatatype.RdataType.make(question.wire_type)))
        if wanted is not None:
            return owner, wanted, min(ttl, wanted.ttl)
        alias = sets.get((owner, dns.rdatatype.CNAME))
        if alias is None:
            break
        ttl = min(ttl, alias.ttl)
        owner = alias[0].target
    return owner, None, ttl


def _check(wire: bytes, question: Question, query_id: int, *, over_tcp: bool) -> None:
    """Raise unless *wire* begins as the reply to our query; looks at the header and the question only."""
    if len(wire) < _HEADER.size:
        raise StrayReplyError
    reply_id, flags, questions, _, _, _ = _HEADER.unpack_from(wire)
    if reply_id != query_id or not flags & 0x8000:
        raise StrayReplyError
    echoed = wire[_HEADER.size : _HEADER.size + len(question.wire_name)]
    if questions == 1 and echoed.lower() != question.wire_name.lower():
        raise StrayReplyError
    rcode = flags & 15
    if rcode == dns.rcode.FORMERR or rcode == dns.rcode.NOTIMP:
        raise UnusableReplyError(f"rcode {rcode}", without_edns=True)
    if rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        raise UnusableReplyError(f"rcode {rcode}")
    if questions != 1:
        raise UnusableReplyError("no question")
    if flags & 0x0200 and not over_tcp:
        raise TruncatedError


def read_reply(wire: bytes, question: Question, query_id: int, *, over_tcp: bool = False) -> Outcome:
    """Return what the reply says.

    Raises StrayReplyError, TruncatedError and UnusableReplyError.
    """
    _check(wire, question, query_id, over_tcp=over_tcp)
    try:
        reply = dns.message.from_wire(wire, ignore_trailing=True)
        owner, records, ttl = _follow(reply, question)
        name, rdtype = question.name, question.rdtype
        if records is None:
            if reply.rcode() == dns.rcode.NXDOMAIN:
                return Outcome(_negative_ttl(reply), error=NotFoundError(name, rdtype))
            if owner != reply.question[0].name:
                return Outcome(ttl, alias=_text(owner))
            return Outcome(_negative_ttl(reply), error=NoDataError(name, rdtype))
        if rdtype == "MX" and _is_null_mx(list(records)):
            return Outcome(ttl, error=NullMxError(name, rdtype))
        values = tuple(value for record in records if (value := _value(record)) is not None)
    except (dns.exception.DNSException, UnicodeError, ValueError, AttributeError, IndexError, struct.error) as error:
        # dnspython's parsers raise more than they declare; a reply that one cannot take is malformed
        raise UnusableReplyError(f"malformed reply: {type(error).__name__}") from error
    if not values:
        return Outcome(NEGATIVE_TTL_DEFAULT, error=InvalidReplyError(name, rdtype))
    return Outcome(ttl, Answer(_text(owner), rdtype, values, ttl, bool(reply.flags & dns.flags.AD)))


def fresh(error: DnsError) -> DnsError:
    """Return a copy of *error* that can be raised: one that was raised before carries old tracebacks."""
    return type(error)(error.name, error.rdtype, error.problem)


def try_again(question: Question) -> TryAgainError:
    """Return the error for a question that no server answered."""
    return TryAgainError(question.name, question.rdtype)
