"""What postdrop takes from a user."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.proto.record import encode, encode_all
from pymail.queue.submission import Submission, SubmissionError, is_clean

#: What postdrop and sendmail of Postfix 3.12 say to each other.
GOLDEN = Path(__file__).parents[2] / "golden/postdrop.jsonl"
LIMIT = 2048
Record = tuple[str, bytes]


def octets(*records: Record) -> bytes:
    return encode_all((ord(letter), data) for letter, data in records)


def submit(data: bytes, limit: int = LIMIT) -> tuple[Submission, bytes, list[str]]:
    warnings: list[str] = []
    submission = Submission(limit, warnings.append)
    return submission, submission.receive(data), warnings


ENVELOPE: tuple[Record, ...] = (
    ("A", b"rewrite_context=local"),
    ("F", b"Full"),
    ("S", b"a@b"),
    ("R", b"c"),
    ("R", b"d"),
)
MESSAGE: tuple[Record, ...] = (*ENVELOPE, ("M", b""), ("N", b"x\r\0"), ("L", b"y"), ("X", b""), ("R", b"e"), ("E", b""))


def test_an_ordinary_message_is_kept_as_it_is() -> None:
    submission, kept, warnings = submit(octets(*MESSAGE) + b"rubbish")
    assert kept == octets(*MESSAGE)
    assert (submission.finished, submission.has_sender, submission.has_recipient) == (True, True, True)
    assert submission.sender == "a@b"
    assert warnings == []


@pytest.mark.parametrize("line", GOLDEN.read_text().splitlines(), ids=lambda line: json.loads(line)["case"])
def test_what_sendmail_sends_is_kept_as_it_is(line: str) -> None:
    sent = next(bytes.fromhex(step["hex"]) for step in json.loads(line)["steps"] if step["from"] == "client")
    submission, kept, warnings = submit(sent)
    assert (submission.finished, kept, warnings) == (True, sent, [])


@pytest.mark.parametrize("attribute", ["encoding=8bit", "encoding=", "trace_flags=512", "notify_flags=4"])
def test_attributes_of_users_are_kept(attribute: str) -> None:
    record = octets(("A", attribute.encode()))
    assert submit(record)[1:] == (record, [])


@pytest.mark.parametrize(
    ("attribute", "warning"),
    [
        pytest.param("foo", "ignoring malformed record: missing '=' after attribute name: foo", id="no-value"),
        pytest.param("=x", "ignoring malformed record: missing attribute name: =x", id="no-name"),
        pytest.param("trace_flags=256", "ignoring attribute record: trace_flags=256", id="daemon-flag"),
        pytest.param("encoding=base64", "ignoring attribute record: encoding=base64", id="encoding"),
        pytest.param("sasl_username=root", "ignoring attribute record: sasl_username=root", id="not-his"),
    ],
)
def test_other_attributes_are_left_out_with_a_warning(attribute: str, warning: str) -> None:
    assert submit(octets(("A", attribute.encode())))[1:] == (b"", [warning])


def test_the_time_of_the_caller_is_left_out() -> None:
    assert submit(octets(("T", b"1 1"), ("S", b"")))[1] == octets(("S", b""))


@pytest.mark.parametrize(
    ("records", "text"),
    [
        pytest.param([("p", b"      1")], "unexpected record type: 112", id="pointer"),
        pytest.param([("w", b"")], "unexpected record type: 119", id="padding"),
        pytest.param([("D", b"x")], "unexpected record type: 68", id="done"),
        pytest.param([("N", b"x")], "unexpected record type: 78", id="text-in-envelope"),
        pytest.param([("M", b""), ("R", b"x")], "unexpected record type: 82", id="recipient-in-content"),
        pytest.param([("M", b""), ("X", b""), ("S", b"x")], "unexpected record type: 83", id="sender-behind"),
        pytest.param([("E", b"")], "unexpected record type: 69", id="end-too-early"),
        pytest.param([("R", b"a\nb")], "malformed input", id="newline"),
        pytest.param([("S", b"a\rb")], "malformed input", id="return"),
        pytest.param([("F", b"a\0b")], "malformed input", id="nul"),
        pytest.param([("R", b"x" * (LIMIT + 1))], "malformed input", id="long-address"),
        pytest.param([("M", b""), ("N", b"x" * (LIMIT + 1))], "malformed input", id="long-line"),
    ],
)
def test_what_pickup_would_refuse_is_refused(records: list[Record], text: str) -> None:
    with pytest.raises(SubmissionError, match=f"^{text}$"):
        submit(octets(*records))


def test_a_length_that_does_not_fit_is_refused() -> None:
    with pytest.raises(SubmissionError, match="malformed input"):
        submit(b"R\xff\xff\xff\xff\xff\x01")


@given(st.lists(st.integers(0, 80), max_size=4))
def test_any_split_gives_the_same_records(places: list[int]) -> None:
    data = octets(*MESSAGE)
    submission = Submission(LIMIT, lambda text: None)
    kept = b""
    for start, end in zip([0, *sorted(places)], [*sorted(places), len(data)], strict=True):
        kept += submission.receive(data[start:end])
    assert (kept, submission.finished) == (data, True)


@given(
    st.lists(
        st.tuples(st.sampled_from(list(b"MCFSRVAinXLNETpwD")), st.binary(max_size=6)).map(lambda pair: encode(*pair)),
        max_size=12,
    ).map(b"".join)
    | st.binary(max_size=30)
)
def test_what_is_kept_passes_again(data: bytes) -> None:
    try:
        submission, kept, _ = submit(data, 4)
    except SubmissionError:
        return
    again, kept_again, warnings = submit(kept, 4)
    assert (kept_again, warnings) == (kept, [])
    assert again.finished == submission.finished


@given(st.binary(max_size=8))
def test_clean_data_hold_no_line_ends(data: bytes) -> None:
    assert is_clean(data, 6) == (len(data) <= 6 and not set(data) & {0, 10, 13})
