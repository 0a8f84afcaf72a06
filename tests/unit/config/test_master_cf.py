"""pymail.config.master_cf"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.config.main_cf import ConfigError
from pymail.config.master_cf import (
    DEFAULT_LIMIT,
    ServiceEntry,
    load_master_cf,
    parse_entries,
    raw_entry,
    service_entry,
    split_arguments,
    split_override,
    ungrouped,
)

TEXT = """\
# comment
smtp      inet  n       -       y       -       -       smtpd
submission inet n       -       -       -       5       smtpd
  -o syslog_name=postfix/submission
# inner
  -o { smtpd_x = a b } -v
pickup    unix  n       -       y       60?      1       pickup
qmgr      fifo  n       -       n       300     0       qmgr
maildrop  unix  -       n       n       -       -       pipe flags=R argv=/a ${sender} { a b }
"""


def load(tmp_path: Path, text: str, *, chroot: bool = False) -> list[ServiceEntry]:
    (tmp_path / "master.cf").write_text(text)
    return load_master_cf(str(tmp_path / "master.cf"), chroot_default=chroot)


def test_entries_are_read(tmp_path: Path) -> None:
    smtp, submission, pickup, qmgr, maildrop = load(tmp_path, TEXT)
    assert (smtp.name, smtp.type, smtp.private, smtp.unprivileged, smtp.chroot) == ("smtp", "inet", False, True, True)
    assert (smtp.wakeup, smtp.maxproc, smtp.command, smtp.args) == (0, DEFAULT_LIMIT, "smtpd", ())
    assert submission.args == ("-o", "syslog_name=postfix/submission", "-o", "smtpd_x = a b", "-v")
    assert (submission.chroot, submission.maxproc, submission.line) == (False, 5, 3)
    assert (pickup.wakeup, pickup.wakeup_always, qmgr.wakeup, qmgr.wakeup_always) == (60, False, 300, True)
    assert (qmgr.maxproc, maildrop.private, maildrop.unprivileged) == (0, True, False)
    assert maildrop.args == ("flags=R", "argv=/a", "${sender}", "a b")


def test_the_meaning_of_a_dash_for_chroot_is_given(tmp_path: Path) -> None:
    assert load(tmp_path, "a unix - - - - - b\n", chroot=True)[0].chroot


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("smtp", 'missing "transport type" field'),
        ("smtp inet n - n - -", 'missing "command" field'),
        ("smtp ine n - n - - smtpd", "bad transport type: ine"),
        ("smtp inet y - n - - smtpd", "inet service cannot be private"),
        ("smtp inet n - z - - smtpd", 'field "chroot": bad value: "z"'),
        ("smtp inet n - n x - smtpd", 'field "wakeup_time": bad value: "x"'),
        ("smtp inet n - n ? - smtpd", 'field "wakeup_time": bad value: "?"'),
        ("smtp inet n - n - -5 smtpd", 'field "max_proc": bad value: "-5"'),
        ("smtp inet n - n - - a/b", 'field "command": bad value: "a/b"'),
        ("smtp inet n - n - - smtpd { a", "missing '}' in \"{ a\""),
        ("smtp inet n - n - - smtpd {a}x", "syntax error after '}' in \"{a}x\""),
    ],
)
def test_a_wrong_entry_is_refused_with_its_line(tmp_path: Path, line: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, "# top\n" + line + "\n")
    assert str(caught.value) == f"{tmp_path}/master.cf: line 2: {problem}"


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="^open .*: No such file or directory$"):
        load_master_cf(str(tmp_path / "master.cf"))


def test_layout_problems_are_told() -> None:
    warnings: list[str] = []
    assert parse_entries([" a b\n", "c d\n"], "master.cf", warnings)[0].fields == ("c", "d")
    assert warnings == ['master.cf: logical line must not start with whitespace: " a b"']


def test_groups_are_one_argument() -> None:
    assert split_arguments("a { b c } -o{ d = e } f") == ["a", "{ b c }", "-o{ d = e }", "f"]
    assert [ungrouped(text) for text in ("{ b c }", "{x{y}}", "z")] == ["b c", "x{y}", "z"]


@pytest.mark.parametrize("text", ["{ name = a b }", "name = a b", "name=a b"])
def test_an_override_is_split(text: str) -> None:
    assert split_override(text) == ("name", "a b")


@pytest.mark.parametrize("text", ["name", "= x", "{ x", ""])
def test_a_bad_override_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="missing"):
        split_override(text)


@given(st.text(alphabet="ab {}-y", max_size=50))
def test_any_entry_is_read_or_refused(text: str) -> None:
    raw = raw_entry(text, 1)
    assert "".join(raw.fields + raw.arguments).split() == "".join(text.split()).split() or "{" in text
    try:
        service_entry(raw, "master.cf")
    except ConfigError as error:
        assert error.line == 1
