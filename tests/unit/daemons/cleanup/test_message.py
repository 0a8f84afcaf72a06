from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.daemons.cleanup.message import Message
from pymail.daemons.cleanup.output import encode_sizes
from pymail.daemons.cleanup.recipients import Expanded
from pymail.ipc.cleanup import CleanupFlag, CleanupStatus
from pymail.proto import record
from pymail.proto.record import RecordType
from tests.support.cleanup_rig import NOW, content_of, file_of, make_log, recipients_of, run, settings, stream
from tests.support.golden_queue import as_first_queued, client_stream, queue_files, queue_id

WHOLE = stream("a@x.test", "b@x.test", lines=(b"Subject: x", b" folded", b"To: bob", b"", b"line" * 60, b"\xc3\xa9 x"))


#: Files that no milter has edited.
FILES = [path for path in queue_files("active", "incoming", "deferred", "hold") if "milter" not in path.name]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_file_of_a_message_is_the_one_that_postfix_wrote(path: Path) -> None:
    octets = path.read_bytes()
    create_time = next(data for _, kind, data in record.parse(octets) if data.startswith(b"create_time="))
    created = int(create_time[12:])
    own = settings({"delay_warning_time": "1h"})
    log, _ = make_log()
    message = Message(
        type(own)(**{**{name: getattr(own, name) for name in own.__slots__}, "clock": lambda: float(created)}),
        log,
        queue_id(path),
        created,
    )
    message.output.set_flags(178)
    message.receive(client_stream(octets))
    assert message.is_done
    assert file_of(message) == as_first_queued(octets)


@given(st.lists(st.integers(1, len(WHOLE)), max_size=6))
def test_any_split_gives_the_same_file(cuts: list[int]) -> None:
    log, _ = make_log()
    message = Message(SETTINGS, log, "612CF54020A", NOW)
    edges = [0, *sorted(cuts), len(WHOLE)]
    for start, end in zip(edges, edges[1:], strict=False):
        message.receive(WHOLE[start:end])
    assert message.is_done
    assert file_of(message) == EXPECTED


SETTINGS = settings()
EXPECTED = file_of(run(WHOLE, flags=0)[0])


@given(st.binary(max_size=300))
def test_junk_is_an_error_and_nothing_worse(octets: bytes) -> None:
    log, _ = make_log()
    message = Message(SETTINGS, log, "612CF54020A", NOW)
    message.receive(octets + WHOLE)
    assert message.output.errors & ~(CleanupStatus.BAD | CleanupStatus.RCPT) == 0 or not message.is_done


def test_a_body_without_an_empty_line_gets_one() -> None:
    message, _ = run(stream("a@x.test", lines=(b"Date: x", b"no header", b"more")))
    assert content_of(message)[-3:] == [b"", b"no header", b"more"]


def test_a_message_without_a_body_has_no_empty_line() -> None:
    message, _ = run(stream("a@x.test", lines=(b"Subject: probe",)))
    assert content_of(message)[-1] == b"From: alice@sender.test"


def test_a_field_that_came_in_pieces_is_one_line() -> None:
    octets = stream("a@x.test", lines=()).replace(b"M\0X\0", b"M\0L\x03To:N\x09\tb@x.testX\0")
    assert content_of(run(octets)[0])[0] == b"To:\tb@x.test"


def test_a_field_over_header_size_limit_is_cut() -> None:
    message, _ = run(
        stream("a@x.test", lines=(b"X: " + b"y" * 50, b" z", b"Date: d", b"")), {"header_size_limit": "20"}
    )
    assert content_of(message)[:3] == [b"X: " + b"y" * 17, b"", b"Date: d"]


def test_lines_over_the_limit_are_cut_in_header_and_body() -> None:
    limit = {"line_length_limit": "600"}
    octets = stream("a@x.test", lines=(b"X: " + b"h" * 700, b"", b"b" * 1300))
    message, _ = run(octets, limit)
    pieces = [(chr(kind), len(data)) for _, kind, data in record.parse(file_of(message)) if chr(kind) in "NL"]
    assert pieces[:2] == [("L", 600), ("N", 103)]
    assert pieces[-3:] == [("L", 600), ("L", 600), ("N", 100)]


@pytest.mark.parametrize("line", [b"a\rb", b"a\nb", b"\r.\r"])
def test_stray_line_ends_become_blanks(line: bytes) -> None:
    cleaned = line.replace(b"\r", b" ").replace(b"\n", b" ")
    octets = stream("a@x.test", lines=(b"X: " + line, b"", line, b"plain"))
    assert content_of(run(octets)[0])[-2:] == [cleaned, b"plain"]
    assert content_of(run(octets)[0])[0] == b"X: " + cleaned
    assert content_of(run(octets, {"cleanup_replace_stray_cr_lf": "no"})[0])[-2:] == [line, b"plain"]


def test_lengths_that_look_like_line_ends_change_nothing() -> None:
    lines = (b"Date: d", b"", b"x" * 10, b"y" * 13, b"z" * 200, b"\xe4" * 10)
    assert content_of(run(stream("a@x.test", lines=lines))[0])[-5:] == list(lines[1:])


def test_the_loop_limit_counts_as_postfix_counts() -> None:
    fields = [b"Received: by x"] * 5
    message, _ = run(stream("a@x.test", lines=(*fields[:4], b"")), {"hopcount_limit": "5"})
    assert message.output.errors == 0
    message, log = run(stream("a@x.test", lines=(*fields, b"Date: d", b"")), {"hopcount_limit": "5"})
    assert message.output.errors == CleanupStatus.HOPS
    assert log == ["warning: 612CF54020A: message rejected: hopcount exceeded"]
    assert message.is_done


def test_a_message_without_recipients_is_refused() -> None:
    message, _ = run(stream())
    assert message.output.errors == CleanupStatus.RCPT


def test_recipients_behind_the_content() -> None:
    tail = record.encode_attribute("notify_flags", 6) + record.encode(RecordType.RECIPIENT, b"t@x.test")
    message, _ = run(stream(extracted=tail))
    assert message.output.errors == 0
    assert recipients_of(message) == ["t@x.test"]
    assert message.sizes().notify == 6
    assert not message.sizes().is_mixed


def test_always_bcc_is_added_for_mail_that_may_have_it() -> None:
    values = {"always_bcc": "archive@x.test"}
    assert recipients_of(run(stream("a@x.test"), values)[0]) == ["a@x.test", "archive@x.test"]
    assert recipients_of(run(stream("a@x.test"), values, flags=CleanupFlag.MAP_OK)[0]) == ["a@x.test"]


@pytest.mark.parametrize(
    ("field", "encoding"),
    [(b"quoted-printable", b"7bit"), (b"BINARY", b"8bit"), (b"x-unknown", b"8bit"), (b"7bit", b"7bit")],
)
def test_the_encoding_of_the_header_counts(field: bytes, encoding: bytes) -> None:
    lines = (b"Content-Transfer-Encoding: " + field, b"")
    message, _ = run(stream("a@x.test", lines=lines, attributes=("rewrite_context=local", "encoding=8bit")))
    attributes = [data for _, kind, data in record.parse(file_of(message)) if kind == RecordType.ATTRIBUTE]
    assert attributes[-1] == b"encoding=" + encoding


@pytest.mark.parametrize(
    ("flags", "sender", "line", "options"),
    [
        (0, "a@x.test", b"Subject: x", 0),
        (CleanupFlag.SMTPUTF8, "a@x.test", b"Subject: x", 1),
        (CleanupFlag.SMTPUTF8, "j\xf6@x.test", b"Subject: \xc3\xa9", 7),
        (CleanupFlag.AUTOUTF8, "a@x.test", b"Subject: \xc3\xa9", 3),
        (CleanupFlag.AUTOUTF8, "a@x.test", b"Subject: x", 0),
    ],
)
def test_what_is_not_ascii_is_noted(flags: int, sender: str, line: bytes, options: int) -> None:
    message, _ = run(stream("a@x.test", sender=sender, lines=(line, b"")), flags=flags)
    assert message.sizes().send_options == options


def test_aliases_stop_the_message_until_they_are_known() -> None:
    log, _ = make_log()
    message = Message(settings(has_aliases=True), log, "612CF54020A", NOW)
    message.output.set_flags(CleanupFlag.MAP_OK)
    message.receive(stream("l@x.test", extracted=record.encode(RecordType.RECIPIENT, b"m@x.test")))
    for addresses in (("a@x.test", "b@x.test"), ("c@x.test",)):
        waiting = message.waiting
        assert len(waiting) == 1
        assert not message.is_done
        message.expand([Expanded(waiting[0], addresses)])
    assert message.is_done
    assert recipients_of(message) == ["a@x.test", "b@x.test", "c@x.test"]
    assert encode_sizes(message.sizes())[36:51].strip() == b"3"


def test_after_a_lethal_error_only_the_end_is_read() -> None:
    message, log = run(stream("a@x.test").replace(b"M\0", b"p\0M\0"))
    assert message.output.errors == CleanupStatus.BAD
    assert message.is_done
    assert len(log) == 1


@pytest.mark.parametrize("octets", [b"E\0", b"N\x80\x80\x80\x80\x01", stream("a@x.test").replace(b"X\0", b"")])
def test_a_stream_that_is_no_message_is_refused(octets: bytes) -> None:
    message, _ = run(octets)
    assert message.is_done
    assert message.output.errors & CleanupStatus.BAD
