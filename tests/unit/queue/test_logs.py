from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.mail.dsn import Dsn
from pymail.mail.envelope import Recipient
from pymail.queue import logs
from pymail.queue.logs import LogEntry
from tests.support.golden_queue import queue_files

ENTRY = LogEntry(
    Recipient("rej5@relay.test", "rej5@relay.test", 710, "rfc822;first@orig.test", 14),
    Dsn("5.1.1", "host said no", "failed", "smtp", "550 no such user", "dns", "127.0.0.1"),
)


@pytest.mark.parametrize("path", queue_files("bounce", "defer", "trace"), ids=lambda path: path.name)
def test_a_log_of_postfix_comes_back_as_it_was(path: Path) -> None:
    entries = logs.read(str(path), path.name.split(".")[1])
    assert entries
    assert b"".join(map(logs.encode_entry, entries)) == path.read_bytes()


def test_entries_are_appended_in_a_directory_that_is_made(tmp_path: Path) -> None:
    path = str(tmp_path / "defer" / "A" / "ABC")
    logs.append(path, ENTRY)
    logs.append(path, ENTRY, compatible=False)
    assert logs.read(path) == [ENTRY, ENTRY]
    assert Path(path).stat().st_mode & 0o777 == 0o600
    assert Path(path).read_bytes().count(b"<rej5@relay.test>: ") == 1
    assert logs.remove(path)
    assert not logs.remove(path)


text = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cc"]), min_size=1, max_size=20)


@given(text, text, text, st.integers(0, 10**9), st.integers(0, 15))
def test_what_was_written_is_read(address: str, original: str, reason: str, offset: int, notify: int) -> None:
    entry = LogEntry(Recipient(address, original, offset, "", notify), Dsn("4.0.0", reason, "delayed"))
    found = logs.parse(logs.encode_entry(entry, compatible=False))
    assert len(found) == 1
    assert found[0].recipient.address == address
    assert found[0].recipient.original.lower() == original.lower()
    assert (found[0].recipient.offset, found[0].recipient.notify) == (offset, notify)
    assert found[0].dsn == entry.dsn


def test_line_ends_in_values_cannot_forge_lines() -> None:
    entry = LogEntry(Recipient("a\nrecipient=b@x", "c\n\nd"), Dsn("5.0.0", "x\naction=delivered\n\nrecipient=z"))
    found = logs.parse(logs.encode_entry(entry))
    assert len(found) == 1
    assert found[0].dsn.action == "failed"


def test_the_old_form_and_missing_fields() -> None:
    found = logs.parse(b"\n<>: gone\n\n\nnonsense\n\n<u@x.test>: late\n", "defer")
    assert [(entry.recipient.address, entry.dsn.reason) for entry in found] == [("", "gone"), ("u@x.test", "late")]
    assert {(entry.dsn.status, entry.dsn.action) for entry in found} == {("4.0.0", "delayed")}


def test_no_log_is_not_an_empty_log(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        logs.read(str(tmp_path / "none"))
