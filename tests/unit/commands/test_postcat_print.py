"""Queue files as text."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.commands.postcat_print import Part, Printer, Wish
from pymail.log.fatal import FatalError
from pymail.proto.record import encode, encode_all, encode_pointer

GOLDEN = Path(__file__).parents[2] / "golden"
#: What `postcat -vo` of Postfix 3.12 printed of the files in golden/queue.
DUMPS = sorted((GOLDEN / "postcat").iterdir())
EVERYTHING = Wish(verbose=True, offsets=True)


def octets(*records: tuple[str, bytes]) -> bytes:
    return encode_all((ord(letter), data) for letter, data in records)


def show(data: bytes, wish: Wish = Wish()) -> tuple[str, list[str]]:  # noqa: B008  # a constant
    out = io.BytesIO()
    warnings: list[str] = []
    try:
        Printer("f", data, wish, out, warnings.append).run()
    except FatalError as error:
        warnings.append(f"fatal: {error}")
    return out.getvalue().decode("latin-1"), warnings


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.mark.parametrize("path", DUMPS, ids=lambda path: path.stem)
def test_a_real_file_is_dumped_as_by_postfix(path: Path) -> None:
    dump = path.read_text().partition("postcat -vo:\n")[2].removesuffix("\n")
    name = dump.partition("*** ENVELOPE RECORDS ")[2].partition(" ***")[0]
    out = io.BytesIO()
    Printer(name, (GOLDEN / "queue" / path.stem).read_bytes(), EVERYTHING, out, pytest.fail).run()
    assert out.getvalue().decode() == dump


T = ("T", b"1795241155 1")
MESSAGE = octets(
    *(T, ("S", b"a"), ("M", b""), ("N", b"A: b"), ("L", b" c"), ("N", b"d"), ("N", b""), ("L", b"x")),
    *(("X", b""), ("A", b"n=v"), ("E", b"")),
)


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        pytest.param(Wish(envelope=False, body=False), "A: b\n cd\n", id="header"),
        pytest.param(Wish(envelope=False, header=False), "\nx", id="body"),
        pytest.param(
            Wish(header=False, body=False),
            "*** ENVELOPE RECORDS f ***\nmessage_arrival_time: Sat Nov 21 06:05:55 2026\nsender: a\n"
            "*** MESSAGE CONTENTS f ***\n*** HEADER EXTRACTED f ***\nnamed_attribute: n=v\n"
            "*** MESSAGE FILE END f ***\n",
            id="envelope",
        ),
        pytest.param(Wish(envelope=False, header=False, decimal=True), " 78 \n 76 x", id="decimal"),
        pytest.param(Wish(envelope=False, header=False, offsets=True), "       32 \n       34 x", id="offsets"),
        pytest.param(Wish(envelope=False, body=False, file_names=True), "f: A: b\nf:  cd\n", id="file-names"),
        pytest.param(
            Wish(envelope=False, body=False, verbose=True),
            "regular_text: A: b\nunterminated_text:  c\nregular_text: d\n",
            id="verbose",
        ),
    ],
)
def test_parts_and_forms_can_be_chosen(wish: Wish, text: str) -> None:
    assert show(MESSAGE, wish) == (text, [])


def test_an_open_line_is_ended_before_a_marker() -> None:
    assert "\nx\n*** HEADER EXTRACTED f ***\n" in show(MESSAGE)[0]


@pytest.mark.parametrize(
    ("data", "warning"),
    [
        pytest.param(b"hello", "f: input is not a valid queue file", id="no-queue-file"),
        pytest.param(octets(T, ("X", b""), ("E", b"")), "f: out-of-order extracted segment marker", id="order"),
        pytest.param(octets(("C", b"x"), T), "invalid size record: x", id="size"),
        pytest.param(octets(("A", b"fo")), "f: malformed attribute: missing '=' after attribute name: fo", id="value"),
        pytest.param(octets(("A", b"=x")), "f: malformed attribute: missing attribute name: =x", id="name"),
        pytest.param(octets(T)[:-1], "f: unexpected EOF in data, record type 84 length 12", id="cut-data"),
        pytest.param(octets(T) + b"N", "f: unexpected EOF reading length, record type 78", id="cut-length"),
        pytest.param(octets(T) + b"N\xff\xff\xff\xff\x01", "f: too many length bits, record type 78", id="length"),
        pytest.param(octets(T, ("p", b"xx")), "f: malformed pointer record value: xx", id="pointer"),
        pytest.param(octets(T) + encode_pointer(0 + 14), "f: too many reverse jump records", id="loop"),
    ],
)
def test_what_is_wrong_is_told(data: bytes, warning: str) -> None:
    assert show(data)[1][0] == warning


def test_pointers_are_followed_unless_the_raw_order_is_wanted() -> None:
    head = octets(T)
    target = len(head) + 17 + len(encode(ord("S"), b"no"))
    data = head + encode_pointer(target) + encode(ord("S"), b"no") + octets(("S", b"yes"))
    assert "sender: yes\n" in show(data)[0]
    assert "no" not in show(data)[0]
    assert "pointer_record:" in show(data, Wish(verbose=True))[0]
    assert "sender: no\nsender: yes\n" in show(data, Wish(verbose=True, raw=True))[0]


def test_a_start_offset_leads_into_the_file() -> None:
    assert show(MESSAGE, Wish(start=len(octets(T)))) == (
        "sender: a\n*** MESSAGE CONTENTS f ***\nA: b\n cd\n\nx\n*** HEADER EXTRACTED f ***\nnamed_attribute: n=v\n"
        "*** MESSAGE FILE END f ***\n",
        [],
    )


@pytest.mark.parametrize("part", Part)
def test_parts_nobody_wants_are_not_shown(part: Part) -> None:
    assert not Wish(envelope=False, header=False, body=False).shows(part)


@given(st.binary(max_size=60), st.booleans(), st.booleans())
def test_no_file_raises(data: bytes, verbose: bool, raw: bool) -> None:
    show(b"T\x01" + data, Wish(verbose=verbose, raw=raw))
    assert os.environ["TZ"] == "UTC"
