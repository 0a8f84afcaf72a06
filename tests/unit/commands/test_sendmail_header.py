"""`sendmail -t`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.commands.sendmail_header import HeaderScan
from pymail.proto.record import parse


def scan(*lines: bytes) -> tuple[HeaderScan, int, list[bytes]]:
    header = HeaderScan(2048, 102400)
    used = header.receive(list(lines))
    octets = header.take_records() + (b"" if header.ended else header.finish())
    return header, used, [data for _, _, data in parse(octets)]


@pytest.mark.parametrize(
    ("lines", "recipients"),
    [
        pytest.param([b"To: a, b@c", b"Cc: <d>", b"BCC:e"], ["a", "b@c", "d", "e"], id="all-three"),
        pytest.param([b"To: a,", b"  b"], ["a", "b"], id="folded"),
        pytest.param([b"To: a", b"Resent-To: b", b"Cc: c", b"Resent-Bcc: d"], ["b", "d"], id="resent"),
        pytest.param([b"Resent-Cc:", b"To: a"], [], id="resent-but-empty"),
        pytest.param([b"Resent-From: x", b"To: a"], ["a"], id="resent-sender-only"),
        pytest.param([b"From: a", b"X-To: b", b"Apparently-To: c"], [], id="other-headers"),
        pytest.param([b"To: a", b"", b"To: b"], ["a"], id="behind-the-separator"),
        pytest.param([b"To: undisclosed-recipients:;"], [], id="empty-group"),
        pytest.param([b"To: <>, a"], ["a"], id="null-address"),
        pytest.param([b'To: "a b"@c'], ["a b@c"], id="quoted"),
    ],
)
def test_recipients_are_found(lines: list[bytes], recipients: list[str]) -> None:
    assert scan(*lines)[0].recipients == recipients


@pytest.mark.parametrize(
    ("lines", "used", "records"),
    [
        pytest.param([b"A: b", b" c"], 2, [b"A: b", b" c"], id="all-header"),
        pytest.param([b"A : b", b"", b"C: d"], 2, [b"A: b", b""], id="separator"),
        pytest.param([b"A: b", b"no header"], 1, [b"A: b", b""], id="missing-separator"),
        pytest.param([b"", b"A: b"], 1, [b""], id="no-header"),
        pytest.param([b" A: b"], 0, [b""], id="leading-blank"),
    ],
)
def test_the_header_ends_where_it_ends(lines: list[bytes], used: int, records: list[bytes]) -> None:
    header, taken, written = scan(*lines)
    assert (taken, written) == (used, records)
    assert header.ended


@given(st.lists(st.sampled_from([b"To: a", b"Cc: b", b" c", b"", b"x", b"Resent-To: d"]), max_size=8))
def test_line_by_line_gives_the_same(lines: list[bytes]) -> None:
    whole, used, records = scan(*lines)
    header = HeaderScan(2048, 102400)
    taken = 0
    octets = b""
    for line in lines:
        if header.ended:
            break
        taken += header.receive([line])
        octets += header.take_records()
    octets += b"" if header.ended else header.finish()
    assert (header.recipients, taken, [data for _, _, data in parse(octets)]) == (whole.recipients, used, records)


@given(st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line), max_size=5))
def test_no_line_raises(lines: list[bytes]) -> None:
    _, used, _ = scan(*lines)
    assert 0 <= used <= len(lines)
