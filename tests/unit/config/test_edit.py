"""pymail.config.edit"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.config.edit import EditableText, Entry, edit_file
from pymail.config.main_cf import ConfigError

TEXT = "# top\na = 1\nm = x,\n   y,\n# in\n   z\nb=2\n"


def entry_of(text: EditableText, name: str) -> Entry:
    return next(entry for entry in text.entries() if entry.text.startswith(name))


def test_an_entry_is_replaced_where_it_starts() -> None:
    text = EditableText(TEXT)
    text.replace(entry_of(text, "m"), "m = q")
    assert text.text() == "# top\na = 1\nm = q\n# in\nb=2\n"


def test_an_entry_is_replaced_where_it_ends() -> None:
    text = EditableText(TEXT)
    text.replace(entry_of(text, "m"), "m = q\n    r", at_end=True)
    assert text.text() == "# top\na = 1\n# in\nm = q\n    r\nb=2\n"


def test_an_entry_is_commented_out_with_all_its_lines() -> None:
    text = EditableText(TEXT)
    text.comment_out(entry_of(text, "m"))
    assert text.text() == "# top\na = 1\n#m = x,\n#   y,\n# in\n#   z\nb=2\n"


def test_entries_are_removed_and_added() -> None:
    text = EditableText(TEXT)
    text.remove(entry_of(text, "a"))
    text.append("c = 3")
    assert text.text() == "# top\nm = x,\n   y,\n# in\n   z\nb=2\nc = 3\n"


@given(st.text(alphabet="ab=# \t\n", max_size=60))
def test_a_text_without_changes_stays_as_it_is(source: str) -> None:
    expected = source if source.endswith("\n") or not source else source + "\n"
    assert EditableText(source).text() == expected


@given(st.text(alphabet="ab=# \n", max_size=60))
def test_comments_survive_the_removal_of_all_entries(source: str) -> None:
    text = EditableText(source)
    for entry in text.entries():
        text.remove(entry)
    comments = [line for line in source.split("\n") if line.strip().startswith("#")]
    assert [line for line in text.text().split("\n") if line.strip().startswith("#")] == comments


def test_a_file_is_replaced_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "main.cf"
    path.write_bytes(b"a = \xff\n")
    path.chmod(0o640)
    before = path.stat().st_ino
    edit_file(str(path), lambda text: text.append("b = 2"))
    assert path.read_bytes() == b"a = \xff\nb = 2\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.stat().st_ino != before
    assert os.listdir(tmp_path) == ["main.cf"]


def test_a_failed_change_leaves_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "main.cf"
    path.write_text("a = 1\n")

    def fail(text: EditableText) -> None:
        text.append("b")
        raise KeyError("b")

    with pytest.raises(KeyError):
        edit_file(str(path), fail)
    assert path.read_text() == "a = 1\n"
    assert os.listdir(tmp_path) == ["main.cf"]


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="for reading: No such file or directory"):
        edit_file(str(tmp_path / "main.cf"), lambda text: None)
    with pytest.raises(ConfigError, match=r"^open .*\.tmp: No such file or directory$"):
        edit_file(str(tmp_path / "no/main.cf"), lambda text: None)
