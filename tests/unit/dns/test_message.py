"""Replies, good and bad, as values."""

from __future__ import annotations

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.dns.answer import InvalidReplyError, MxRecord, NoDataError, NotFoundError, NullMxError, SrvRecord, Value
from pymail.dns.message import (
    NEGATIVE_TTL_DEFAULT,
    Outcome,
    StrayReplyError,
    TruncatedError,
    UnusableReplyError,
    make_question,
    read_reply,
)

ID = 4711


def reply(name: str, rdtype: str, *records: str, rcode: int = dns.rcode.NOERROR, flags: int = 0) -> Outcome:
    """The outcome of a reply that holds *records* in text form: "owner ttl class type rdata"."""
    question = make_question(name, rdtype)
    message = dns.message.make_response(dns.message.from_wire(question.query(ID)))
    message.set_rcode(dns.rcode.Rcode(rcode))
    message.flags |= flags
    for record in records:
        owner, ttl, rdclass, kind, rdata = record.split(" ", 4)
        section = message.authority if kind == "SOA" and rdtype != "SOA" else message.answer
        rrset = message.find_rrset(
            section,
            dns.name.from_text(owner),
            dns.rdataclass.from_text(rdclass),
            dns.rdatatype.from_text(kind),
            create=True,
        )
        rrset.add(dns.rdata.from_text(rrset.rdclass, rrset.rdtype, rdata), int(ttl))
    return read_reply(message.to_wire(), question, ID)


@pytest.mark.parametrize(
    ("rdtype", "rdata", "value"),
    [
        pytest.param("A", "192.0.2.1", "192.0.2.1", id="A"),
        pytest.param("AAAA", "2001:db8::1", "2001:db8::1", id="AAAA"),
        pytest.param("MX", "10 mx.d.test.", MxRecord(10, "mx.d.test"), id="MX"),
        pytest.param("PTR", "host.d.test.", "host.d.test", id="PTR"),
        pytest.param("NS", "ns.d.test.", "ns.d.test", id="NS"),
        pytest.param("TXT", '"v=spf1 " "-all"', "v=spf1 -all", id="TXT-joined"),
        pytest.param("SRV", "1 2 25 mx.d.test.", SrvRecord(1, 2, 25, "mx.d.test"), id="SRV"),
        pytest.param("SOA", "ns.d.test. root.d.test. 1 2 3 4 5", "ns.d.test", id="SOA"),
    ],
)
def test_a_record_becomes_a_plain_value(rdtype: str, rdata: str, value: Value) -> None:
    outcome = reply("d.test", rdtype, f"d.test. 60 IN {rdtype} {rdata}")
    assert outcome.answer is not None
    assert outcome.answer.values == (value,)
    assert outcome.ttl == 60


def test_a_tlsa_record_keeps_its_data() -> None:
    outcome = reply("d.test", "TLSA", "d.test. 60 IN TLSA 3 1 1 " + "ab" * 32)
    assert outcome.answer is not None
    assert outcome.answer.values == ((3, 1, 1, b"\xab" * 32),)


def test_aliases_in_the_reply_are_followed_with_the_smallest_ttl() -> None:
    outcome = reply("w.test", "A", "w.test. 30 IN CNAME h.test.", "h.test. 60 IN A 192.0.2.1")
    assert outcome.answer is not None
    assert (outcome.answer.name, outcome.answer.texts, outcome.ttl) == ("h.test", ("192.0.2.1",), 30)


def test_an_alias_without_its_target_asks_again() -> None:
    assert reply("w.test", "A", "w.test. 30 IN CNAME h.test.") == Outcome(30, alias="h.test")


def test_a_circle_of_aliases_ends() -> None:
    outcome = reply("a.test", "A", "a.test. 30 IN CNAME b.test.", "b.test. 30 IN CNAME a.test.")
    assert outcome.answer is None


def test_nxdomain_lasts_as_the_soa_says() -> None:
    outcome = reply("n.test", "A", "test. 60 IN SOA ns.test. root.test. 1 2 3 4 20", rcode=dns.rcode.NXDOMAIN)
    assert isinstance(outcome.error, NotFoundError)
    assert not isinstance(outcome.error, NoDataError)
    assert outcome.ttl == 20


def test_no_records_is_no_data() -> None:
    outcome = reply("n.test", "A")
    assert isinstance(outcome.error, NoDataError)
    assert outcome.ttl == NEGATIVE_TTL_DEFAULT


def test_the_root_as_exchange_is_a_null_mx() -> None:
    assert isinstance(reply("n.test", "MX", "n.test. 60 IN MX 0 .").error, NullMxError)


def test_records_with_bad_names_are_passed_over() -> None:
    good = reply("n.test", "MX", "n.test. 60 IN MX 0 a\\032b.test.", "n.test. 60 IN MX 5 mx.test.")
    assert good.answer is not None
    assert good.answer.exchanges == (MxRecord(5, "mx.test"),)
    assert isinstance(reply("n.test", "MX", "n.test. 60 IN MX 0 a\\032b.test.").error, InvalidReplyError)


def test_the_ad_bit_is_told() -> None:
    outcome = reply("d.test", "A", "d.test. 60 IN A 192.0.2.1", flags=dns.flags.AD)
    assert outcome.answer is not None
    assert outcome.answer.authenticated


@pytest.mark.parametrize("rcode", [dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.FORMERR, dns.rcode.NOTIMP])
def test_other_rcodes_send_us_to_another_server(rcode: dns.rcode.Rcode) -> None:
    with pytest.raises(UnusableReplyError) as raised:
        reply("d.test", "A", rcode=rcode)
    assert raised.value.without_edns == (rcode in (dns.rcode.FORMERR, dns.rcode.NOTIMP))


def test_a_cut_reply_sends_us_to_tcp() -> None:
    with pytest.raises(TruncatedError):
        reply("d.test", "A", flags=dns.flags.TC)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda wire: bytes([wire[0] ^ 1]) + wire[1:], id="other-id"),
        pytest.param(lambda wire: wire[:2] + bytes([wire[2] & 0x7F]) + wire[3:], id="a-query"),
        pytest.param(lambda wire: wire[:13] + b"x" + wire[14:], id="other-question"),
        pytest.param(lambda wire: wire[:11], id="short"),
    ],
)
def test_what_is_not_our_reply_is_stray(change) -> None:  # type: ignore[no-untyped-def]
    question = make_question("d.test", "A")
    message = dns.message.make_response(dns.message.from_wire(question.query(ID)))
    with pytest.raises(StrayReplyError):
        read_reply(change(message.to_wire()), question, ID)


def test_a_name_without_wire_form_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        make_question("a" * 64 + ".test", "A")


@given(st.binary(max_size=120), st.sampled_from(["A", "MX", "TXT", "PTR", "TLSA"]))
def test_no_octets_raise_anything_undeclared(junk: bytes, rdtype: str) -> None:
    question = make_question("d.test", rdtype)
    query = question.query(ID, edns=False)
    wire = query[:2] + b"\x81\x80\0\x01\0\x02\0\x01\0\x01" + query[12:] + junk
    try:
        outcome = read_reply(wire, question, ID)
    except (StrayReplyError, TruncatedError, UnusableReplyError):
        return
    assert outcome.answer or outcome.error or outcome.alias
