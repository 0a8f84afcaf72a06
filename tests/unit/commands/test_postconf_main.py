"""pymail.commands.postconf_main"""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from pymail.commands.postconf_catalog import make_catalog, obsolete_parameters
from pymail.commands.postconf_main import (
    Show,
    edit_main,
    fold,
    show_main,
    split_setting,
    warn_undefined,
    warn_unused_main,
    warn_unused_master,
)
from pymail.config.main_cf import MainCf
from pymail.config.master_cf import raw_entry
from pymail.log.fatal import FatalError

SETTINGS = {"mydestination": "$mine,   b", "mine": "x", "luser_relay": "$user", "odd": "1", "mynetworks": ""}
CONF = MainCf("/etc/postfix", SETTINGS)
CATALOG = make_catalog(CONF, [])


def shown(show: Show, *names: str) -> tuple[str, list[str]]:
    out = io.StringIO()
    warnings: list[str] = []
    show_main(CONF, CATALOG, show, names, out, warnings.append)
    return out.getvalue(), warnings


@pytest.mark.parametrize(
    ("show", "output"),
    [
        pytest.param(Show(), "mydestination = $mine, b\nmynetworks =\nmax_use = 100\n", id="plain"),
        pytest.param(Show(expanded=True), "mydestination = x, b\nmynetworks =\nmax_use = 100\n", id="expanded"),
        pytest.param(Show(hide_name=True), "$mine, b\n\n100\n", id="values"),
        pytest.param(Show(hide_value=True), "mydestination\nmynetworks\nmax_use\n", id="names"),
        pytest.param(Show(explicit=True), "mydestination = $mine, b\nmynetworks =\n", id="explicit"),
    ],
)
def test_named_parameters_are_shown(show: Show, output: str) -> None:
    assert shown(show, "mydestination", "mynetworks", "max_use") == (output, [])


def test_defaults_are_shown() -> None:
    names = ("mydestination", "config_directory")
    text = "mydestination = $myhostname, localhost.$mydomain, localhost\nconfig_directory = /etc/postfix\n"
    assert shown(Show(defaults=True), *names) == (text, [])


def test_raw_values_are_not_expanded() -> None:
    assert shown(Show(expanded=True), "luser_relay")[0] == "luser_relay = $user\n"


def test_unknown_names_are_warned_of() -> None:
    assert shown(Show(), "odd", "mine") == ("mine = x\n", ["odd: unknown parameter"])
    assert shown(Show(defaults=True), "mine") == ("", ["mine: unknown parameter"])


def test_all_that_is_set_is_shown_in_order() -> None:
    output, _ = shown(Show(explicit=True))
    assert output == "luser_relay = $user\nmine = x\nmydestination = $mine, b\nmynetworks =\n"


@pytest.mark.parametrize(("kind", "name", "present"), [("user", "mine", True), ("builtin", "mine", False)])
def test_classes_select(kind: str, name: str, present: bool) -> None:
    output, _ = shown(Show(classes=frozenset((kind,)), hide_value=True))
    assert (name in output.split()) is present


def test_long_lines_are_folded() -> None:
    words = ["a", "=", *["x" * 30] * 3, "y" * 90, "z"]
    assert fold(words) == f"a = {'x' * 30} {'x' * 30}\n    {'x' * 30}\n    {'y' * 90}\n    z"


def test_what_nothing_uses_is_warned_of() -> None:
    conf = MainCf("/etc/postfix", {"odd": "1", "virtual_maps": "x", "smtp_use_tls": "yes", "myorigin": "$gone"})
    entries = [raw_entry("a unix - - n - - smtp -o left=1 -o used=2 -o syslog_name=$used$lost")]
    catalog = make_catalog(conf, entries)
    warnings: list[str] = []
    warn_undefined(conf, catalog, entries, warnings.append)
    warn_unused_main(conf, catalog, obsolete_parameters(), warnings.append)
    warn_unused_master(conf, catalog, obsolete_parameters(), entries, warnings.append)
    main, master = "/etc/postfix/main.cf", "/etc/postfix/master.cf"
    assert warnings == [
        f"{main}: undefined parameter: gone",
        f"{master}: undefined parameter: lost",
        f"{main}: unused parameter: odd=1",
        f'{main}: support for parameter "smtp_use_tls" will be removed; instead, specify "smtp_tls_security_level"',
        f'{main}: support for parameter "virtual_maps" has been removed; instead, specify "virtual_alias_maps"',
        f"{master}: unused parameter: left=1",
    ]


OLD = "# top\na = 1\nmydestination = $myhostname,\n   localhost\n# in\n   foo\na = 2\n"


@pytest.mark.parametrize(
    ("mode", "arguments", "new"),
    [
        pytest.param(
            "e", ["mydestination= [z]", "n = 5"], "# top\na = 1\nmydestination = [z]\n# in\na = 2\nn = 5\n", id="set"
        ),
        pytest.param("X", ["mydestination", "nosuch"], "# top\na = 1\n# in\na = 2\n", id="remove"),
        pytest.param(
            "#",
            ["mydestination"],
            "# top\na = 1\n#mydestination = $myhostname,\n#   localhost\n# in\n#   foo\na = 2\n",
            id="comment-out",
        ),
    ],
)
def test_main_cf_is_edited(tmp_path: Path, mode: str, arguments: list[str], new: str) -> None:
    path = tmp_path / "main.cf"
    path.write_text(OLD)
    edit_main(str(path), mode, arguments, lambda text: pytest.fail(text))
    assert path.read_text() == new


def test_several_definitions_are_all_set(tmp_path: Path) -> None:
    path = tmp_path / "main.cf"
    path.write_text(OLD)
    warnings: list[str] = []
    edit_main(str(path), "e", ["a="], warnings.append)
    assert path.read_text().count("a = \n") == 2
    assert warnings == [f'{path}: multiple entries for "a"']


@pytest.mark.parametrize(
    ("mode", "argument", "problem"),
    [
        ("e", "a", "missing '=' after attribute name: \"a\""),
        ("e", "=b", 'missing attribute name: "=b"'),
        ("e", "a b=c", "missing '=' after attribute name: \"a b=c\""),
        ("e", "a=b\nc", "-e, -X, or -# accepts no multi-line input"),
        ("e", "#a=b", "-e, -X, or -# accepts no comment input"),
    ],
)
def test_bad_arguments_change_nothing(tmp_path: Path, mode: str, argument: str, problem: str) -> None:
    path = tmp_path / "main.cf"
    path.write_text(OLD)
    with pytest.raises(FatalError) as caught:
        edit_main(str(path), mode, ["mydestination=x", argument], lambda text: None)
    assert str(caught.value) == problem
    assert path.read_text() == OLD


def test_a_setting_is_split() -> None:
    assert split_setting(" a = b = c ") == ("a", "b = c")
