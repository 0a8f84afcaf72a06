"""The message on sendmail's standard input."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.commands.sendmail_content import HEADER_LINE_LIMIT, ContentEncoder, is_mailbox_separator
from pymail.commands.sendmail_header import HeaderScan
from pymail.proto.record import parse

LIMIT = 8


def encode(*pieces: bytes, extract: bool = False, dot_ends: bool = True, line_endings: str = "always") -> list[str]:
    """Return the records, as letter and text."""
    header = HeaderScan(LIMIT, 1000) if extract else None
    encoder = ContentEncoder(LIMIT, dot_ends=dot_ends, line_endings=line_endings, header=header)
    octets = b"".join([encoder.receive(piece) for piece in pieces]) + encoder.finish()
    return [chr(kind) + data.decode("latin-1") for _, kind, data in parse(octets)]


@pytest.mark.parametrize(
    ("message", "records"),
    [
        pytest.param(b"", [], id="empty"),
        pytest.param(b"a\n\nb\n", ["Na", "N", "Nb"], id="lines"),
        pytest.param(b"a\nb", ["Na", "Lb"], id="open-end"),
        pytest.param(b"a\r\nb\r\r\nc\rd\n", ["Na", "Nb", "Nc\rd"], id="returns"),
        pytest.param(b"a\n.\nb\n", ["Na"], id="dot"),
        pytest.param(b"a\r\n.\r\nb\r\n", ["Na"], id="dot-return"),
        pytest.param(b"a\n.", ["Na", "L."], id="dot-without-line-end"),
        pytest.param(b"..\n.b\n", ["N..", "N.b"], id="other-dots"),
        pytest.param(b"From x\n>From y\nA: b\nFrom z\n", ["NA: b", "NFrom z"], id="from-lines"),
        pytest.param(b"From\nx\n", ["NFrom", "Nx"], id="no-from-line"),
        pytest.param(b"1234567\n", ["N1234567"], id="below-the-limit"),
        pytest.param(b"12345678\n", ["L12345678", "N"], id="at-the-limit"),
        pytest.param(b"1234567\r\n", ["L1234567\r", "N"], id="return-at-the-limit"),
        pytest.param(b"123456789abcdefgh\r\nx\n", ["L12345678", "L9abcdefg", "Nh", "Nx"], id="pieces"),
        pytest.param(b"12345678", ["L12345678"], id="open-at-the-limit"),
        pytest.param(b"12345678.\n", ["L12345678", "N."], id="dot-behind-pieces"),
        pytest.param(b"12345678abcdefgh\r\nx\n", ["L12345678", "Labcdefgh", "N", "Nx"], id="return-behind-pieces"),
        pytest.param(b"a\0\xff\n", ["Na\0\xff"], id="any-octet"),
    ],
)
def test_a_message_becomes_records(message: bytes, records: list[str]) -> None:
    assert encode(message) == records
    assert encode(*(message[place : place + 1] for place in range(len(message)))) == records


def test_a_dot_ends_nothing_when_it_shall_not() -> None:
    assert encode(b"a\n.\nb\n", dot_ends=False) == ["Na", "N.", "Nb"]


@pytest.mark.parametrize(
    ("endings", "message", "records"),
    [
        ("never", b"a\r\nb\n", ["Na\r", "Nb"]),
        ("strict", b"a\r\nb\r\n", ["Na", "Nb"]),
        ("strict", b"a\nb\r\n", ["Na", "Nb\r"]),
    ],
)
def test_line_ends_are_fixed_as_configured(endings: str, message: bytes, records: list[str]) -> None:
    assert encode(message, line_endings=endings) == records


@pytest.mark.parametrize(
    ("message", "records"),
    [
        pytest.param(b"A: b\n\nx\n", ["NA: b", "N", "Nx"], id="plain"),
        pytest.param(b"A : b\nx\n", ["NA: b", "N", "Nx"], id="no-separator"),
        pytest.param(b"A: b", ["NA: b"], id="open-header"),
        pytest.param(b"A: b\n\nx", ["NA: b", "N", "Lx", "N"], id="open-body"),
        pytest.param(b"A: b\nx", ["NA: b", "N", "Lx", "N"], id="open-first-line"),
        pytest.param(b"A: 45678\n\n", ["NA: 45678", "N"], id="header-at-the-limit"),
        pytest.param(b"A: b\n\n12345678", ["NA: b", "N", "L12345678", "N"], id="open-at-the-limit"),
        pytest.param(b"A: b\n.\nc: d\n", ["NA: b"], id="dot-in-header"),
        pytest.param(b"123456789abcdefgh", ["N", "L12345678", "L9abcdefg", "Lh", "N"], id="open-long-body-only"),
        pytest.param(b"123456789\nx\n", ["N", "L12345678", "N9", "Nx"], id="body-only"),
    ],
)
def test_with_extraction_the_header_is_scanned(message: bytes, records: list[str]) -> None:
    assert encode(message, extract=True) == records
    assert encode(*(message[place : place + 1] for place in range(len(message))), extract=True) == records


def test_a_body_line_without_end_does_not_wait_for_the_header_scan() -> None:
    encoder = ContentEncoder(LIMIT, dot_ends=True, header=HeaderScan(LIMIT, 1000))
    octets = encoder.receive(b"x" * (HEADER_LINE_LIMIT + 1))
    assert len(octets) > HEADER_LINE_LIMIT
    octets += encoder.receive(b"y\nz\n") + encoder.finish()
    records = [(chr(kind), data) for _, kind, data in parse(octets)]
    assert (records[0], records[-2:]) == (("N", b""), [("N", b"xy"), ("N", b"z")])
    assert b"".join(data for _, data in records[:-1]) == b"x" * (HEADER_LINE_LIMIT + 1) + b"y"


def test_of_an_endless_header_line_the_rest_is_left_out() -> None:
    encoder = ContentEncoder(LIMIT, dot_ends=True, header=HeaderScan(LIMIT, 10))
    octets = encoder.receive(b"A: " + b"x" * HEADER_LINE_LIMIT) + encoder.receive(b"yy") + encoder.receive(b"y\nB: c\n")
    octets += encoder.finish()
    assert [data for _, _, data in parse(octets)] == [b"A: xxxxx", b"xx", b"B: c"]


@given(
    st.lists(st.sampled_from([b"A: b", b" c", b"\n", b"\r\n", b"x", b".", b"From ", b"12345678", b""]), max_size=14),
    st.booleans(),
    st.booleans(),
)
def test_any_split_gives_the_same_records(pieces: list[bytes], extract: bool, dot_ends: bool) -> None:
    whole = encode(b"".join(pieces), extract=extract, dot_ends=dot_ends)
    assert encode(*pieces, extract=extract, dot_ends=dot_ends) == whole


@given(st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"").replace(b"\r", b"")), max_size=8))
def test_no_line_is_lost(lines: list[bytes]) -> None:
    records = encode(b"x\n" + b"".join(line + b"\n" for line in lines), dot_ends=False)
    text = "".join(record[1:] + ("\n" if record[0] == "N" else "") for record in records)
    assert text.encode("latin-1") == b"x\n" + b"".join(line + b"\n" for line in lines)


@pytest.mark.parametrize(
    ("line", "separates"),
    [
        (b"From me", True),
        (b">>From me", True),
        (b"From: me", False),
        (b">x", False),
        (b" From me", False),
        (b"", False),
    ],
)
def test_mailbox_separators_are_known(line: bytes, separates: bool) -> None:
    assert is_mailbox_separator(line) == separates
