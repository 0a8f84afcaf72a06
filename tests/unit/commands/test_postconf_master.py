"""pymail.commands.postconf_master: as the reference Postfix prints and edits."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from pymail.commands.postconf_main import Show
from pymail.commands.postconf_master import (
    checked,
    edit_entries,
    edit_fields,
    edit_parameters,
    entry_text,
    show_entries,
    show_fields,
    show_parameters,
)
from pymail.config.main_cf import MainCf
from pymail.config.master_cf import parse_entries, raw_entry
from pymail.log.fatal import FatalError

TEXT = """\
# top
smtp      inet  n       -       y       -       -       smtpd
submission inet n       -       y       -       -       smtpd
  -o syslog_name=postfix/$service_name
# inner
  -o { smtpd_x = a b } -v
pickup    unix  n       -       y       60?      1       pickup
"""
ENTRIES = parse_entries(TEXT.splitlines(), "master.cf")


def test_entries_are_printed_in_columns() -> None:
    out = io.StringIO()
    show_entries(ENTRIES, [], Show(), out, lambda text: None)
    assert out.getvalue() == (
        "smtp       inet  n       -       y       -       -       smtpd\n"
        "submission inet  n       -       y       -       -       smtpd"
        " -o syslog_name=postfix/$service_name -o {smtpd_x=a b} -v\n"
        "pickup     unix  n       -       y       60?     1       pickup\n"
    )


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("foo unix-dgram n - y - 5 a", "foo        unix-dgram n  -       y       -       5       a"),
        (
            "s inet n - y - - smtpd -v -o a=1 -v -o { b = c d }",
            "s          inet  n       -       y       -       -       smtpd -v\n    -o a=1\n    -v\n    -o {b=c d}",
        ),
        (
            "m unix - n n - - pipe flags=DRXhu user=vmail argv=/a ${recipient} { a b }",
            "m          unix  -       n       n       -       -       pipe flags=DRXhu\n"
            "    user=vmail argv=/a ${recipient} {a b}",
        ),
    ],
)
def test_an_entry_is_folded(entry: str, text: str) -> None:
    assert entry_text(raw_entry(entry), folded=True) == text


@pytest.mark.parametrize(
    ("request_", "names"),
    [("smtp", ["smtp"]), ("smtp/inet", ["smtp"]), ("*/inet", ["smtp", "submission"]), ("nos/unix", [])],
)
def test_requests_select(request_: str, names: list[str]) -> None:
    out = io.StringIO()
    warnings: list[str] = []
    show_entries(ENTRIES, [request_], Show(), out, warnings.append)
    assert [line.split()[0] for line in out.getvalue().splitlines()] == names
    assert warnings == ([] if names else [f'unmatched request: "{request_}"'])


def test_fields_are_printed() -> None:
    out = io.StringIO()
    show_fields(ENTRIES, ["pickup", "*/inet/command"], Show(), out, lambda text: None)
    lines = out.getvalue().splitlines()
    assert lines[:3] == ["pickup/unix/service = pickup", "pickup/unix/type = unix", "pickup/unix/private = n"]
    assert lines[-1].endswith("command = smtpd -o syslog_name=postfix/$service_name -o {smtpd_x=a b} -v")
    with pytest.raises(FatalError, match='invalid service attribute name: "ch"'):
        show_fields(ENTRIES, ["smtp/*/ch"], Show(), out, lambda text: None)


def test_settings_are_printed() -> None:
    out = io.StringIO()
    show_parameters(MainCf("/etc/postfix"), ENTRIES, [], Show(expanded=True), out, lambda text: None)
    expected = "submission/inet/smtpd_x = a b\nsubmission/inet/syslog_name = postfix/submission\n"
    assert out.getvalue() == expected


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("smtp inet n -", "file master.cf: line 0: bad field count"),
        ("smtp inet n - z - - smtpd", 'invalid chroot field "z" in "smtp inet n - z - - smtpd"'),
        ("smtp ine n - y - - smtpd", 'invalid type field "ine" in "smtp ine n - y - - smtpd"'),
        ("smtp inet n - y x - smtpd", 'invalid wakeup field "x" in "smtp inet n - y x - smtpd"'),
        ("smtp inet n - y - 5? smtpd", 'invalid process_limit field "5?" in "smtp inet n - y - 5? smtpd"'),
    ],
)
def test_a_wrong_entry_is_refused(line: str, problem: str) -> None:
    with pytest.raises(FatalError) as caught:
        checked(raw_entry(line), "master.cf")
    assert str(caught.value) == problem


SUBMISSION = "submission inet  n       -       y       -       -       smtpd"
Edit = Callable[[str, Callable[[str], None]], None]


@pytest.mark.parametrize(
    ("edit", "gone", "come"),
    [
        pytest.param(
            lambda path, warn: edit_entries(path, "e", ["smtp/inet=smtp inet n - n - 5 smtpd -v"], warn),
            ["smtp      inet"],
            "smtp       inet  n       -       n       -       5       smtpd -v\n",
            id="entry-replaced",
        ),
        pytest.param(
            lambda path, warn: edit_entries(path, "e", ["new/unix=new unix - - n - - pipe flags=R"], warn),
            [],
            "new        unix  -       -       n       -       -       pipe flags=R\n",
            id="entry-added",
        ),
        pytest.param(
            lambda path, warn: edit_entries(path, "X", ["submission/inet", "nos/unix"], warn),
            ["submission", "-o"],
            "# inner\n",
            id="entry-removed",
        ),
        pytest.param(
            lambda path, warn: edit_entries(path, "#", ["submission/inet"], warn),
            ["\nsubmission", "\n  -o"],
            "#submission inet n       -       y       -       -       smtpd\n#  -o syslog_name=postfix/$service_name\n",
            id="entry-commented-out",
        ),
        pytest.param(
            lambda path, warn: edit_fields(path, ["submission/inet/chroot=n"], warn),
            ["\n  -o"],
            "submission inet  n       -       n       -       -       smtpd\n"
            "    -o syslog_name=postfix/$service_name\n",
            id="field",
        ),
        pytest.param(
            lambda path, warn: edit_fields(path, ["submission/inet/command=other -v"], warn),
            ["-o"],
            "submission inet  n       -       y       -       -       other -v\n",
            id="command",
        ),
        pytest.param(
            lambda path, warn: edit_parameters(path, "e", ["submission/inet/new_p=x"], warn),
            [],
            "    -o {smtpd_x=a b}\n    -v\n    -o new_p=x\n",
            id="setting-added",
        ),
        pytest.param(
            lambda path, warn: edit_parameters(path, "e", ["submission/inet/smtpd_x=c"], warn),
            ["a b"],
            "    -o smtpd_x=c\n    -v\n",
            id="setting-replaced",
        ),
        pytest.param(
            lambda path, warn: edit_parameters(path, "X", ["submission/inet/smtpd_x"], warn),
            ["smtpd_x"],
            f"{SUBMISSION}\n    -o syslog_name=postfix/$service_name\n    -v\n",
            id="setting-removed",
        ),
    ],
)
def test_master_cf_is_edited(tmp_path: Path, edit: Edit, gone: list[str], come: str) -> None:
    path = tmp_path / "master.cf"
    path.write_text(TEXT)
    edit(str(path), lambda text: pytest.fail(text))
    new = path.read_text()
    assert come in new
    assert not [text for text in gone if text in new]
    assert new.startswith("# top\n")
    assert "# inner\n" in new


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (lambda path, warn: edit_entries(path, "X", ["a"], warn), "-Me, -MX or -M# requires service_name/type"),
        (
            lambda path, warn: edit_entries(path, "e", ["a/inet=a inet n"], warn),
            'bad field count: "a/inet=a inet n"',
        ),
        (lambda path, warn: edit_fields(path, ["a/inet=n"], warn), "-Fe or -FX requires service_name/type/field_name"),
        (lambda path, warn: edit_fields(path, ["a/inet/no=n"], warn), 'invalid service attribute name: "no"'),
        (lambda path, warn: edit_fields(path, ["a/inet/chroot=q"], warn), 'invalid chroot field "q" in "q"'),
        (
            lambda path, warn: edit_parameters(path, "X", ["a"], warn),
            "-Pe or -PX requires service_name/type/parameter",
        ),
    ],
)
def test_bad_requests_change_nothing(tmp_path: Path, edit: Edit, problem: str) -> None:
    path = tmp_path / "master.cf"
    path.write_text(TEXT)
    with pytest.raises(FatalError) as caught:
        edit(str(path), lambda text: None)
    assert str(caught.value) == problem
    assert path.read_text() == TEXT


def test_an_edit_of_what_is_not_there_is_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "master.cf"
    path.write_text(TEXT)
    warnings: list[str] = []
    edit_fields(str(path), ["nos/inet/chroot=n"], warnings.append)
    edit_parameters(str(path), "e", ["nos/inet/a=n"], warnings.append)
    assert warnings == [
        'unmatched service_name/type: "nos/inet/chroot=n"',
        'unmatched service_name/type: "nos/inet/a=n"',
    ]
