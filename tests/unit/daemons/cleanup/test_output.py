from __future__ import annotations

from pymail.daemons.cleanup.output import SIZE_RECORD, encode_sizes
from pymail.ipc.cleanup import CleanupFlag, CleanupStatus
from pymail.queue.reader import Sizes
from tests.support.cleanup_rig import make_output


def test_octets_are_counted_behind_the_size_record() -> None:
    output, _ = make_output()
    output.put(b"12345")
    output.put_line("x")
    assert output.size == SIZE_RECORD + 8
    assert output.take() == (SIZE_RECORD, [b"12345", b"N\1x"])
    output.put(b"6")
    assert output.take() == (SIZE_RECORD + 8, [b"6"])
    assert len(encode_sizes(Sizes())) == SIZE_RECORD


def test_the_limit_is_that_of_the_file() -> None:
    output, lines = make_output({"message_size_limit": "200"})
    output.put(b"x" * 103)
    assert output.is_open
    output.put(b"y")
    output.put(b"z")
    assert not output.is_open
    assert output.errors == CleanupStatus.SIZE
    assert output.size == 200
    assert lines == ["warning: 612CF54020A: queue file size limit exceeded"]


def test_refused_content_is_kept_when_cleanup_must_return_it() -> None:
    output, _ = make_output(flags=CleanupFlag.BOUNCE)
    output.fail(CleanupStatus.HOPS, "5.4.0 first")
    output.fail(CleanupStatus.CONT, "5.7.1 second")
    output.put(b"x")
    assert output.reason == "5.4.0 first"
    assert output.parts == [b"x"]
    output.bad("nonsense")
    output.put(b"y")
    assert output.parts == [b"x"]


def test_a_discarded_message_keeps_nothing() -> None:
    output, _ = make_output(flags=CleanupFlag.DISCARD)
    output.put(b"x")
    assert output.parts == []
